import { createPublicKey, createVerify, randomBytes, type KeyObject } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { headerOf, wholeBody, type Call, type Reply } from './call.ts'

/** What an access token may do. */
export interface TokenOptions {
  /** Milliseconds until it ends. Default: an hour. */
  readonly lifetimeMs?: number | undefined
  /** Default: everything. `https://www.googleapis.com/auth/devstorage.read_only` may only read; others nothing. */
  readonly scopes?: readonly string[] | undefined
}

const prefix = 'https://www.googleapis.com/auth/'
const writing = new Set(['cloud-platform', 'devstorage.full_control', 'devstorage.read_write'])
const reading = new Set([...writing, 'devstorage.read_only'])
const googleTokenUrl = 'https://oauth2.googleapis.com/token'
const hourMs = 3_600_000

/** Bearer tokens, and the endpoint that gives them for an assertion of the service account (RFC 7523). */
export class Access {
  readonly #tokens = new Map<string, { readonly endsAt: number; readonly scopes: readonly string[] }>()
  readonly #clientEmail: string
  readonly #publicKey: KeyObject
  readonly #subjectToken: string
  /** Of tokens that the endpoint gives from now on, in milliseconds. */
  lifetimeMs = hourMs

  constructor(clientEmail: string, publicKeyPem: string, subjectToken: string) {
    this.#clientEmail = clientEmail
    this.#publicKey = createPublicKey(publicKeyPem)
    this.#subjectToken = subjectToken
  }

  issue({ lifetimeMs = this.lifetimeMs, scopes = [`${prefix}cloud-platform`] }: TokenOptions = {}): string {
    const token = `ya29.${randomBytes(24).toString('base64url')}`
    this.#tokens.set(token, { endsAt: Date.now() + lifetimeMs, scopes })
    return token
  }

  revokeAll(): void {
    this.#tokens.clear()
  }

  /** @throws ApiError 401 for a token that is missing, unknown or over, 403 for one that may not do this */
  check(call: Call, need: 'read' | 'write'): void {
    const header = headerOf(call, 'authorization')
    if (header === undefined)
      throw new ApiError(401, 'required', 'Anonymous caller does not have access to the Google Cloud Storage resource.')
    const token = this.#tokens.get(/^Bearer (\S+)$/.exec(header)?.[1] ?? '')
    if (token === undefined || token.endsAt <= Date.now()) throw new ApiError(401, 'authError', 'Invalid Credentials')
    const allowed = need === 'read' ? reading : writing
    if (!token.scopes.some((scope) => scope.startsWith(prefix) && allowed.has(scope.slice(prefix.length))))
      throw new ApiError(403, 'insufficientPermissions', 'Insufficient Permission')
  }

  /** `POST /token`: the JWT bearer flow of service accounts, and the token exchange of workload identity (RFC 8693). */
  async exchange(call: Call): Promise<Reply> {
    const form = new URLSearchParams((await wholeBody(call.body, 65_536)).toString())
    switch (form.get('grant_type')) {
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
        const said = this.#claims(form.get('assertion') ?? '', [googleTokenUrl, `${call.origin}/token`])
        return typeof said === 'string' ? refusal('invalid_grant', said) : this.#granted(said.scopes)
      }
      case 'urn:ietf:params:oauth:grant-type:token-exchange':
        return form.get('subject_token') === this.#subjectToken
          ? this.#granted((form.get('scope') ?? '').split(' '))
          : refusal('invalid_grant', 'The subject token is not known.')
      default:
        return refusal('unsupported_grant_type', `Invalid grant_type: ${form.get('grant_type') ?? ''}`)
    }
  }

  #granted(scopes: readonly string[]): Reply {
    const json = {
      access_token: this.issue({ scopes }),
      expires_in: Math.floor(this.lifetimeMs / 1_000),
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    }
    return { status: 200, json }
  }

  /** The scopes that are asked for, or what is wrong with the assertion. */
  #claims(assertion: string, audiences: readonly string[]): { scopes: readonly string[] } | string {
    const [head = '', payload = '', signature = ''] = assertion.split('.')
    const header = decoded(head)
    const claims = decoded(payload)
    if (header === undefined || claims === undefined || header['alg'] !== 'RS256')
      return 'Invalid JWT: Failed to parse.'
    const verified = createVerify('RSA-SHA256')
      .update(`${head}.${payload}`)
      .verify(this.#publicKey, Buffer.from(signature, 'base64url'))
    const { iss, aud, iat, exp, scope } = claims
    if (iss !== this.#clientEmail) return 'Invalid grant: account not found'
    if (!verified) return 'Invalid JWT Signature.'
    if (!audiences.includes(String(aud))) return `Invalid JWT: ${String(aud)} is not an audience of this endpoint.`
    const now = Date.now() / 1_000
    const timely = typeof iat === 'number' && typeof exp === 'number' && iat <= now + 60 && exp > now
    if (!timely || exp - iat > 3_600)
      return 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values.'
    const scopes = Array.isArray(scope) ? scope.map(String) : typeof scope === 'string' ? scope.split(' ') : []
    return scopes.some((one) => one !== '') ? { scopes } : 'Invalid OAuth scope or ID token audience provided.'
  }
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  } catch {
    return undefined
  }
}

function refusal(error: string, description: string): Reply {
  return { status: 400, json: { error, error_description: description } }
}
