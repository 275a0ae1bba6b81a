// Calls models with the official SDKs, of which only base URL and key are changed: gateway.mjs ADDRESS KEY. What came of each call is on stdout, as JSON by its name.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'

const [address, key, poor] = process.argv.slice(2)
const openai = new OpenAI({ baseURL: `${address}/v1`, apiKey: key })
const anthropic = new Anthropic({ baseURL: address, apiKey: key })
const messages = [{ role: 'user', content: 'hello' }]
const tool = { type: 'object', properties: { city: { type: 'string' } } }
const results = {}

const chat = await openai.chat.completions.create({ model: 'gpt-4o', max_tokens: 50, messages })
results.chat = { text: chat.choices[0].message.content, usage: chat.usage }

let text = '', usages = 0
for await (const chunk of await openai.chat.completions.create({ model: 'gpt-4o', max_tokens: 50, stream: true, messages })) {
  text += chunk.choices[0].delta.content ?? ''
  usages += chunk.usage ? 1 : 0
}
results.stream = { text, usages }

const tools = await openai.chat.completions.create({
  model: 'gpt-4o', max_tokens: 50, messages: [{ role: 'user', content: 'weather' }], tools: [{ type: 'function', function: { name: 'weather', parameters: tool } }],
})
results.tools = { call: tools.choices[0].message.tool_calls[0].function.arguments }

const response = await openai.responses.create({ model: 'gpt-4o', max_output_tokens: 50, input: 'hello' })
results.responses = { text: response.output_text }

let streamed = ''
for await (const event of await openai.responses.create({ model: 'gpt-4o', max_output_tokens: 50, input: 'hello', stream: true })) {
  streamed += event.type === 'response.output_text.delta' ? event.delta : ''
}
results.responsesStream = { text: streamed }

const embedding = await openai.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' })
results.embeddings = { numbers: embedding.data[0].embedding.length > 0 }

const picture = await openai.images.generate({ model: 'dall-e-3', prompt: 'a cat', size: '1024x1024', quality: 'standard', response_format: 'b64_json' })
results.picture = { bytes: picture.data[0].b64_json }

const message = await anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 50, messages })
results.message = { text: message.content[0].text }

results.messageStream = { text: await anthropic.messages.stream({ model: 'claude-haiku-4-5', max_tokens: 50, messages }).finalText() }

const used = await anthropic.messages.create({
  model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'weather' }], tools: [{ name: 'weather', input_schema: tool }],
})
results.messageTools = { call: JSON.stringify(used.content.find((part) => part.type === 'tool_use').input) }

results.models = { first: (await openai.models.list()).data[0].object }
results.model = { id: (await openai.models.retrieve('gpt-4o')).id }
const retrieved = await anthropic.models.retrieve('claude-haiku-4-5')
results.modelOfAnthropic = { id: retrieved.id, type: retrieved.type, name: retrieved.display_name }

// A list goes on by itself to its end, and backward from there.
const all = [], back = []
for await (const model of anthropic.models.list({ limit: 70 })) all.push(model.id)
for await (const model of anthropic.models.list({ limit: 70, before_id: all.at(-1) })) back.push(model.id)
const active = []
for await (const model of anthropic.models.list({ limit: 1000, lifecycle: ['active', 'retired'] })) active.push(model.lifecycle)
results.modelsOfAnthropic = {
  count: all.length, unique: new Set(all).size, backward: new Set(back).size, stages: [...new Set(active)].join(), unasked: (await anthropic.models.list()).data.length,
}

const failure = async (call) => {
  try {
    await call()
    return null
  } catch (e) {
    return { status: e.status, type: e.type ?? e.error?.error?.type, code: e.code, retry: e.headers?.get('x-should-retry'), kind: e.constructor.name }
  }
}
results.error = await failure(() => openai.chat.completions.create({ model: 'gpt-4o', max_tokens: 50, messages: [{ role: 'user', content: 'fail' }] }))
results.messageError = await failure(() => anthropic.messages.create({ model: 'claude-haiku-4-5', max_tokens: 50, messages: [{ role: 'user', content: 'fail' }] }))
results.noModel = await failure(() => openai.models.retrieve('never-heard-of'))
results.noModelOfAnthropic = await failure(() => anthropic.models.retrieve('never-heard-of'))
results.noPageOfAnthropic = await failure(() => anthropic.models.list({ limit: 1001 }))

// Whoever has no money is told so at once, and does not ask again.
results.poor = await failure(() => new OpenAI({ baseURL: `${address}/v1`, apiKey: poor }).chat.completions.create({ model: 'gpt-4o', max_tokens: 50, messages }))
results.poorMessage = await failure(() => new Anthropic({ baseURL: address, apiKey: poor }).messages.create({ model: 'claude-haiku-4-5', max_tokens: 50, messages }))
process.stdout.write(JSON.stringify(results))
