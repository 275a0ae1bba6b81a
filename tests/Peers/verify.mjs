// Verifies webhooks with standardwebhooks: a JSON array of {secret, headers, body} on stdin; on stdout, for each, null or why it is refused.
import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'

const reasons = JSON.parse(readFileSync(0, 'utf8')).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers)
    return null
  } catch (e) {
    return e.message
  }
})
process.stdout.write(JSON.stringify(reasons))
