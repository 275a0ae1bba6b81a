// An SMTP server that is choosy, for what maildev does not do: smtp.mjs PORT [CERTIFICATE KEY]. With a certificate it offers STARTTLS and then asks for user "budgets" with
// password "open sesame". Mail for unknown@… is refused for good (550), for later@… for now (451). Each mail taken is told on a line: "taken USER TLS RECIPIENT".
import { readFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

const [port, certificate, key] = process.argv.slice(2)
const refuse = (code, text) => Object.assign(new Error(text), { responseCode: code })
const server = new SMTPServer({
  ...(certificate && { cert: readFileSync(certificate), key: readFileSync(key) }),
  hideSTARTTLS: !certificate,
  authOptional: !certificate,
  onAuth: ({ username, password }, session, done) =>
    username === 'budgets' && password === 'open sesame' ? done(null, { user: username }) : done(refuse(535, 'who are you')),
  onRcptTo: ({ address }, session, done) => done(address.startsWith('unknown@') ? refuse(550, 'no such user') : address.startsWith('later@') ? refuse(451, 'not now') : undefined),
  onData: (stream, session, done) => {
    stream.resume().on('end', () => {
      console.log(`taken ${session.user ?? 'nobody'} ${session.secure} ${session.envelope.rcptTo[0].address}`)
      done()
    })
  },
})
server.on('error', () => {})
server.listen(Number(port), '0.0.0.0', () => console.log('listening'))
