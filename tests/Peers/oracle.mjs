// Prices usages with @pydantic/genai-prices: a JSON array of {usage, model, provider?, at} on stdin, an array of {total, model} or null on stdout.
import { calcPrice } from '@pydantic/genai-prices'
import { readFileSync } from 'node:fs'

const asked = JSON.parse(readFileSync(0, 'utf8'))
const priced = asked.map(({ usage, model, provider, at }) => {
  const price = calcPrice(usage, model, { ...(provider && { providerId: provider }), timestamp: new Date(at) })
  return price && { total: price.total_price, provider: price.provider.id, model: price.model.id }
})
process.stdout.write(JSON.stringify(priced))
