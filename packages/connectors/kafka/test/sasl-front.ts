import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { bytes, frameRelay, int16, int32, text, type Relay, type Request, type Verdict } from './frame-relay.ts'

const saslHandshake = 17
const saslAuthenticate = 36
const apiVersions = 18
const authenticationFailed = 58
const unsupportedMechanism = 33
const iterations = 4_096
const digests = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const

/** Who may in, and how. */
export interface SaslRules {
  readonly username: string
  readonly password: string
  /** As Kafka calls them. */
  readonly mechanisms: readonly string[]
}

/** Lets only those through who prove the password; what comes before that hangs up, as brokers do. */
export interface SaslFront extends Relay {
  /** How each connection that was let through has proven it. */
  readonly proven: readonly string[]
  /** All that clients have sent to prove who they are. */
  readonly received: readonly Buffer[]
}

/** What the server says to a step, or that it refuses. */
type Step = { readonly says: Buffer; readonly done: boolean } | 'refused'

export async function saslFront(
  target: { readonly host: string; readonly port: number },
  rules: SaslRules,
): Promise<SaslFront> {
  const proven: string[] = []
  const received: Buffer[] = []
  const connection = (): ((request: Request) => Verdict) => {
    let mechanism = ''
    let step: ((message: Buffer) => Step) | undefined
    let isIn = false
    return ({ apiKey, version, body }) => {
      if (apiKey === apiVersions || isIn) return 'relay'
      if (apiKey === saslHandshake) {
        mechanism = body.text()
        const offered = rules.mechanisms.includes(mechanism)
        if (offered) step = mechanism === 'PLAIN' ? plain(rules) : scram(rules, mechanism as keyof typeof digests)
        const listed = Buffer.concat(rules.mechanisms.map(text))
        return Buffer.concat([int16(offered ? 0 : unsupportedMechanism), int32(rules.mechanisms.length), listed])
      }
      if (apiKey !== saslAuthenticate || step === undefined) return 'hang up'
      const message = body.bytes()
      received.push(Buffer.from(message))
      const outcome = step(message)
      const lifetime = version >= 1 ? [int32(0), int32(0)] : []
      if (outcome === 'refused') {
        const why = `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
        return Buffer.concat([int16(authenticationFailed), text(why), bytes(Buffer.alloc(0)), ...lifetime])
      }
      if (outcome.done) {
        isIn = true
        proven.push(mechanism)
      }
      return Buffer.concat([int16(0), int16(-1), bytes(outcome.says), ...lifetime])
    }
  }
  const spoken = [
    [saslHandshake, 1],
    [saslAuthenticate, 1],
  ] as const
  return { ...(await frameRelay(target, spoken, connection)), proven, received }
}

/** https://www.rfc-editor.org/rfc/rfc4616 */
function plain({ username, password }: SaslRules): (message: Buffer) => Step {
  return (message) => {
    const [, user, proof] = message.toString().split('\0')
    return user === username && proof === password ? { says: Buffer.alloc(0), done: true } : 'refused'
  }
}

/** https://www.rfc-editor.org/rfc/rfc5802#section-3 */
function scram({ username, password }: SaslRules, mechanism: keyof typeof digests): (message: Buffer) => Step {
  const digest = digests[mechanism]
  const hmac = (key: Buffer, data: string): Buffer => createHmac(digest, key).update(data).digest()
  const salt = randomBytes(16)
  let firstBare = ''
  let serverFirst = ''
  const first = (message: string): Step => {
    const [, bare = '', name = '', nonce = ''] = /^n,,(n=([^,]*),r=([^,]+))$/.exec(message) ?? []
    if (name.replaceAll('=2C', ',').replaceAll('=3D', '=') !== username) return 'refused'
    firstBare = bare
    serverFirst = `r=${nonce}${randomBytes(12).toString('hex')},s=${salt.toString('base64')},i=${iterations}`
    return { says: Buffer.from(serverFirst), done: false }
  }
  const last = (message: string): Step => {
    const [, withoutProof = '', nonce = '', proof = ''] = /^(c=biws,r=([^,]+)),p=([^,]+)$/.exec(message) ?? []
    if (!serverFirst.startsWith(`r=${nonce},`)) return 'refused'
    const salted = pbkdf2Sync(password, salt, iterations, digest === 'sha256' ? 32 : 64, digest)
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash(digest).update(clientKey).digest()
    const agreed = `${firstBare},${serverFirst},${withoutProof}`
    const signature = hmac(storedKey, agreed)
    const found = Buffer.from(proof, 'base64')
    if (found.length !== signature.length) return 'refused'
    const shown = Buffer.from(found.map((byte, index) => byte ^ (signature[index] ?? 0)))
    if (!timingSafeEqual(createHash(digest).update(shown).digest(), storedKey)) return 'refused'
    const verifier = hmac(hmac(salted, 'Server Key'), agreed).toString('base64')
    return { says: Buffer.from(`v=${verifier}`), done: true }
  }
  return (message) => (serverFirst === '' ? first(message.toString()) : last(message.toString()))
}
