import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { ConnectorError, invalidInput, isError, Secret } from '@casare/core'
import type { KeySet } from './key-set.ts'

/** Algorithms of asymmetric signatures, and of shared secrets (RFC 7518, 3.1; RFC 8037). `none` is not among them. */
export type VerifyAlgorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'Ed25519'
  | 'EdDSA'
  | 'HS256'
  | 'HS384'
  | 'HS512'

/** What a token must be to be accepted. */
export interface VerifyJwtOptions {
  /** Whose signatures count: a key set (also one behind an address), or a shared secret of at least 32 bytes. */
  readonly keys: KeySet | JSONWebKeySet | Secret
  /** The algorithms that count, all of one kind: those of a key set, or those of a shared secret. */
  readonly algorithms: readonly [VerifyAlgorithm, ...VerifyAlgorithm[]]
  readonly issuer: string | readonly string[]
  readonly audience: string | readonly string[]
  /** `typ` of the header, for example `at+jwt` (RFC 9068). Default: any. */
  readonly type?: string | undefined
  /** How far clocks may be apart, in seconds, 0 to 300. Default 5. */
  readonly clockSkewS?: number | undefined
  /** The oldest `iat` accepted, in seconds. Default: any. */
  readonly maxAgeS?: number | undefined
}

/** The claims of a token that was accepted. */
export type JwtClaims = Readonly<Record<string, unknown>> & {
  readonly iss: string
  readonly aud: string | readonly string[]
  readonly exp: number
  readonly sub?: string | undefined
}

const maxTokenBytes = 16_384
/** Header fields by which a token would choose its own key, or its meaning. */
const refusedHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'] as const

/**
 * Verifies a signed JSON Web Token as RFC 8725 wants it: algorithms from a list that the caller states, the key never from the
 * token, `exp`, `iss` and `aud` always there and right.
 * @throws `unauthenticated` with one sentence that says what is wrong with the token; `unavailable` where the key set cannot be
 * had; `invalid_input` for options that would accept too much.
 */
export async function verifyJwt(token: string | Secret, options: VerifyJwtOptions): Promise<JwtClaims> {
  const { algorithms, clockSkewS = 5 } = options
  const shared = Secret.is(options.keys)
  checkOptions(options, shared)
  const text = Secret.is(token) ? token.reveal() : token
  if (text.length > maxTokenBytes) throw refused(`it is longer than ${maxTokenBytes} characters`)
  checkHeader(text, algorithms)
  try {
    const { payload } = await jwtVerify(text, keyFor(options.keys) as JWTVerifyGetKey, {
      algorithms: [...algorithms],
      issuer: typeof options.issuer === 'string' ? options.issuer : [...options.issuer],
      audience: typeof options.audience === 'string' ? options.audience : [...options.audience],
      requiredClaims: ['exp'],
      clockTolerance: clockSkewS,
      ...(options.type === undefined ? {} : { typ: options.type }),
      ...(options.maxAgeS === undefined ? {} : { maxTokenAge: options.maxAgeS }),
    })
    return payload as JwtClaims
  } catch (error) {
    if (ConnectorError.is(error)) throw error
    throw refused(reasonOf(error))
  }
}

function checkOptions({ algorithms, clockSkewS = 5, keys, issuer, audience }: VerifyJwtOptions, shared: boolean): void {
  if (algorithms.length === 0) throw invalidInput('algorithms must name at least one.')
  if (algorithms.some((one) => one.startsWith('HS') !== shared))
    throw invalidInput(
      'algorithms must be of one kind with the keys: HS… for a shared secret, the others for a key set.',
    )
  if ((algorithms as readonly string[]).includes('none')) throw invalidInput('algorithms must not name none.')
  if (!Number.isInteger(clockSkewS) || clockSkewS < 0 || clockSkewS > 300)
    throw invalidInput('clockSkewS must be a whole number from 0 to 300.')
  if (Secret.is(keys) && Buffer.byteLength(keys.reveal()) < 32)
    throw invalidInput('A shared secret must have 32 bytes or more (RFC 7518, 3.2).')
  if (issuer.length === 0 || audience.length === 0) throw invalidInput('issuer and audience must be stated.')
}

function checkHeader(text: string, algorithms: readonly string[]): void {
  let header: Readonly<Record<string, unknown>>
  try {
    header = decodeProtectedHeader(text)
  } catch {
    throw refused('it is no signed token')
  }
  if (typeof header['alg'] !== 'string' || !algorithms.includes(header['alg']))
    throw refused('its algorithm is not allowed')
  const named = refusedHeaders.find((name) => header[name] !== undefined)
  if (named !== undefined) throw refused(`its header has "${named}", which is not followed`)
  const { kid } = header
  if (kid !== undefined && (typeof kid !== 'string' || !/^[\w.~:/+=@-]{1,256}$/.test(kid)))
    throw refused('the id of its key is not one')
}

function keyFor(keys: VerifyJwtOptions['keys']): unknown {
  if (Secret.is(keys)) return new TextEncoder().encode(keys.reveal())
  if ('resolve' in keys) return keys.resolve
  return createLocalJWKSet(keys)
}

function reasonOf(error: unknown): string {
  const { code, claim } = (isError(error) ? error : {}) as { code?: string; claim?: string }
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return 'it has expired'
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      return claim === 'nbf' || claim === 'iat'
        ? 'it is not valid yet'
        : `its "${claim ?? 'claim'}" is not the expected one`
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'its signature is wrong'
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWKS_MULTIPLE_MATCHING_KEYS':
      return 'its key is not in the key set'
    default:
      return 'it is malformed'
  }
}

function refused(reason: string): ConnectorError {
  return new ConnectorError({ code: 'unauthenticated', message: `The token is refused: ${reason}.` })
}
