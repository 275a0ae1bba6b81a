// Writes the price catalogue: node scripts/prices.mjs FILE. Run by scripts/prices.sh.
// Prices come from @pydantic/genai-prices, the longest outputs from llm-zoo, both at the versions that tests/Peers locks; what neither knows
// is in prices-by-hand.json, with its source. The same packages give the same bytes. Dollars: tokens by the million, images by the piece.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const peers = new URL('../tests/Peers/', import.meta.url)
const require = createRequire(peers)
const { findProvider } = require('@pydantic/genai-prices')
const { MODEL_CONFIGS } = require('llm-zoo')
const byHand = JSON.parse(readFileSync(new URL('prices-by-hand.json', import.meta.url), 'utf8'))

// What usage can count, and under which name the source prices it.
const UNITS = {
  input: 'input_mtok',
  output: 'output_mtok',
  cache_read: 'cache_read_mtok',
  cache_write: 'cache_write_mtok',
  cache_write_1h: 'cache_write_1h_mtok',
  reasoning: 'output_reasoning_mtok',
}
// Whoever makes these is paid for them, not for the text that comes along: a price for text alone would be far too low.
const MADE = /^output_(audio|image|video)_/
const ZOO_NAMES = { 'x-ai': 'xai' }

const locked = JSON.parse(readFileSync(new URL('package-lock.json', peers), 'utf8')).packages
const source = (name, url) => ({ package: name, version: locked[`node_modules/${name}`].version, licence: 'MIT', url })
const versionOf = (id, content) => `${id}@${createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12)}`

function matches(rule, name) {
  if (rule.or) return rule.or.some((r) => matches(r, name))
  if (rule.and) return rule.and.every((r) => matches(r, name))
  if (rule.regex) return new RegExp(rule.regex).test(name)
  const [[kind, text]] = Object.entries(rule)
  const t = text.toLowerCase()
  return { equals: name === t, starts_with: name.startsWith(t), ends_with: name.endsWith(t), contains: name.includes(t) }[kind]
}

// The providers' own way of counting, as the source reads it off their answers: what is added up there is told apart by them.
function counting(provider, flavour) {
  const { mappings } = provider.extractors.find((e) => e.api_flavor === flavour) ?? provider.extractors[0]
  const paths = (dest) => mappings.filter((m) => m.dest === dest).map((m) => JSON.stringify(m.path))
  const isAdded = (part, whole) => paths(part).some((p) => paths(whole).includes(p))
  return {
    ...(isAdded('cache_read_tokens', 'input_tokens') && { cache_beside_input: true }),
    ...(isAdded('output_reasoning_tokens', 'output_tokens') && { reasoning_beside_output: true }),
  }
}

function rates(id, prices, above) {
  const at = (price) => {
    if (typeof price !== 'object') return price
    return price.tiers.filter((t) => t.start <= above).sort((a, b) => a.start - b.start).at(-1)?.price ?? price.base
  }
  const known = Object.entries(UNITS).filter(([, key]) => prices[key] !== undefined).map(([unit, key]) => [unit, at(prices[key])])
  for (const [unit, price] of known) {
    if (!(price >= 0) || Math.round(price * 1e9) / 1e9 !== price) throw new Error(`${id}: ${unit} ${price} has more than nine decimals`)
  }
  return Object.fromEntries(known)
}

function ratesByTier(id, prices) {
  const starts = [...new Set(Object.values(prices).flatMap((p) => p.tiers?.map((t) => t.start) ?? []))].sort((a, b) => a - b)
  const tiers = starts.map((above) => ({ above, ...rates(id, prices, above) }))
  return { ...rates(id, prices, -1), ...(tiers.length && { tiers }) }
}

// The source's list is read from its end, and the first entry that fits is taken. Ours says from when until when each holds; a price for some
// hours of the day holds as long as the one it is listed after.
function dated(id, prices) {
  if (!Array.isArray(prices)) return [ratesByTier(id, prices)]
  const starts = prices.map((p) => p.constraint?.start_date).filter(Boolean)
  let from
  return prices.map(({ constraint, prices }) => {
    from = constraint?.start_date ?? from
    const until = starts.find((s) => s > (from ?? ''))
    const hours = constraint?.type === 'time_of_date' && { daily_from: clock(constraint.start_time), daily_until: clock(constraint.end_time) }
    return { ...(from && { from }), ...(until && { until }), ...hours, ...ratesByTier(id, prices) }
  })
}

function clock(text) {
  if (!/^\d\d:\d\d:00Z$/.test(text)) throw new Error(`${text} is not a whole minute in UTC`)
  return text.slice(0, 5)
}

const unitsOf = (prices) => [...new Set([prices].flat().flatMap((p) => Object.keys(p.prices ?? p)))].sort()

function whyLeftOut(id, prices) {
  const keys = unitsOf(prices)
  const made = keys.find((k) => MADE.test(k))
  if (byHand.left_out[id]) return byHand.left_out[id]
  if (made) return `what it makes is priced by ${made}, which usage does not count`
  if (!keys.length) return 'the source has no price'
  return keys.some((k) => Object.values(UNITS).includes(k)) ? undefined : `it is priced by ${keys.join(', ')}, which usage does not count`
}

function model(provider, entry, zoo) {
  const isClaude = provider.id !== 'anthropic' && entry.id.startsWith('claude')
  // Ids are unique: another provider's offer of a model has that provider's name before it.
  const id = isClaude ? `${byHand.providers[provider.id].prefixes.at(-1)}/${entry.id}` : entry.id
  const leftOut = whyLeftOut(entry.id, entry.prices)
  if (leftOut) return { id, provider: provider.id, left_out: leftOut, match: entry.match }
  const { batch } = byHand.providers[provider.id]
  const maxOutput = Math.max(...zoo.filter((z) => matches(entry.match, z.fullName.toLowerCase())).map((z) => z.maxOutputTokens))
  const counted = { ...counting(provider, isClaude ? 'anthropic' : undefined), ...(batch && { batch_discount: batch.discount, ...(batch.cache_read_at_full_price && { batch_cache_read_at_full_price: true }) }) }
  const priced = new Set(Object.values(UNITS))
  const others = unitsOf(entry.prices).filter((k) => !priced.has(k))
  return {
    id,
    provider: provider.id,
    ...(entry.context_window && { context_window: entry.context_window }),
    ...(maxOutput > 0 && { max_output_tokens: maxOutput }),
    ...(entry.deprecated && { deprecated: true }),
    ...counted,
    ...(others.length && { not_counted: others.map((k) => k.replace(/_(mtok|kcount|kpages|hours)$/, '')) }),
    match: entry.match,
    prices: dated(id, entry.prices).map((p) => ({ version: versionOf(id, { ...counted, ...p }), source: 'genai-prices', ...p })),
  }
}

const providers = Object.entries(byHand.providers).map(([id, { prefixes }]) => {
  const provider = findProvider({ providerId: id })
  return { id, prefixes, ...counting(provider), match: provider.model_match }
})
const models = Object.keys(byHand.providers).flatMap((id) => {
  const provider = findProvider({ providerId: id })
  const zoo = Object.values(MODEL_CONFIGS).filter((z) => z.provider === (ZOO_NAMES[id] ?? id) && !z.openRouterOnly)
  return provider.models.map((entry) => model(provider, entry, zoo))
})
models.push(...byHand.models.map(({ id, provider, image, deprecated, source }) => ({
  id, provider, ...(deprecated && { deprecated }), match: { equals: id }, prices: [{ version: versionOf(id, { image }), source, image }],
})))

const repeated = models.map((m) => m.id).filter((id, i, ids) => ids.indexOf(id) !== i)
const astray = Object.values(byHand.aliases).filter((id) => !models.some((m) => m.id === id && !m.left_out))
const unused = Object.keys(byHand.left_out).filter((id) => !models.some((m) => m.id === id))
if (repeated.length || astray.length || unused.length) throw new Error(`ids ${repeated} come twice, aliases lead to ${astray}, left out but not there: ${unused}`)

// One model a line, in the source's order: of several rules that fit a name, the first counts.
const lines = (list) => `[\n${list.map((o) => `    ${JSON.stringify(o)}`).join(',\n')}\n  ]`
writeFileSync(process.argv[2], `{
  "sources": ${JSON.stringify({
    'genai-prices': source('@pydantic/genai-prices', 'https://github.com/pydantic/genai-prices'),
    'llm-zoo': source('llm-zoo', 'https://github.com/texra-ai/llm-zoo'),
  })},
  "aliases": ${JSON.stringify(byHand.aliases)},
  "providers": ${lines(providers)},
  "models": ${lines(models)}
}
`)
