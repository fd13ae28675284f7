import type { ConnectorError } from '@casare/core'
import { invalidInput, isPlainObject, Secret } from '@casare/core'

/** What an authorization server gave. */
export interface TokenSet {
  readonly accessToken: Secret
  /** `bearer` or `dpop`, in lower case (RFC 6750, RFC 9449). */
  readonly tokenType: string
  /** When the access token was given, in milliseconds since 1970. */
  readonly obtainedAt: number
  /** When the access token expires, in milliseconds since 1970; `undefined` where the server did not say. */
  readonly expiresAt?: number | undefined
  readonly refreshToken?: Secret | undefined
  readonly idToken?: Secret | undefined
  /** The scopes granted, separated by spaces, where the server said. */
  readonly scope?: string | undefined
}

const format = 1

/** The text under which a store keeps a set of tokens. It holds them in the clear: see `sealedTokenStore`. */
export function writeTokenSet(tokens: TokenSet): string {
  const { accessToken, refreshToken, idToken, ...rest } = tokens
  return JSON.stringify({
    format,
    ...rest,
    accessToken: accessToken.reveal(),
    refreshToken: refreshToken?.reveal(),
    idToken: idToken?.reveal(),
  })
}

/**
 * The set of tokens of a stored text.
 * @throws `invalid_input` where the text is damaged or was written by a newer version; the text is left as it is.
 */
export function readTokenSet(text: string, key: string): TokenSet {
  const data = parse(text)
  if (isPlainObject(data) && typeof data['format'] === 'number' && data['format'] > format)
    throw invalidInput(`The tokens "${key}" were stored by a newer version of @casare/auth. Update this one.`)
  if (!isPlainObject(data) || data['format'] !== format || !isText(data['accessToken']) || !isText(data['tokenType']))
    throw damaged(key)
  const { accessToken, tokenType, obtainedAt, expiresAt, refreshToken, idToken, scope } = data
  if (typeof obtainedAt !== 'number') throw damaged(key)
  return {
    accessToken: new Secret(accessToken, `token ${key}`),
    tokenType,
    obtainedAt,
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
    ...(isText(refreshToken) ? { refreshToken: new Secret(refreshToken, `refresh token ${key}`) } : {}),
    ...(isText(idToken) ? { idToken: new Secret(idToken, `ID token ${key}`) } : {}),
    ...(typeof scope === 'string' ? { scope } : {}),
  }
}

/** What an older set knows and its successor does not say: the refresh token above all (RFC 6749, 6). */
export function succeed(before: TokenSet | undefined, next: TokenSet): TokenSet {
  if (before === undefined) return next
  const { refreshToken = before.refreshToken, idToken = before.idToken, scope = before.scope } = next
  return {
    ...next,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(idToken === undefined ? {} : { idToken }),
    ...(scope === undefined ? {} : { scope }),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message would show a part of the tokens.
    return undefined
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function damaged(key: string): ConnectorError {
  return invalidInput(`The tokens stored as "${key}" are damaged. Log in again; the stored text was left as it is.`)
}
