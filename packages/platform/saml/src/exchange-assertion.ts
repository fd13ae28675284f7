import { ConnectorError, invalidInput, Redactor, Secret, type SecretInput, type TlsConfig } from '@casare/core'
import { createHttpClient, type Authorizer, type ErrorAnswer, type ErrorReading, type HttpTimeouts } from '@casare/http'

/** An exchange of an assertion for a token. */
export interface ExchangeAssertionOptions {
  /** URL of the authorization server's token endpoint. */
  readonly tokenEndpoint: string
  /** The assertion as XML; one whose audience is the authorization server. */
  readonly assertion: Secret
  readonly clientId?: string | undefined
  /** Goes with `clientId`, in a Basic header (RFC 6749, 2.3.1). Without it the client is public. */
  readonly clientSecret?: SecretInput | undefined
  /** Scopes to ask for. Default: the server's own choice. */
  readonly scopes?: readonly string[] | undefined
  /** Further fields of the request, such as `resource`. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  readonly tls?: TlsConfig | undefined
  readonly timeouts?: HttpTimeouts | undefined
  readonly signal?: AbortSignal | undefined
  /** Learns the assertion and the tokens. */
  readonly redactor?: Redactor | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** Tokens of an authorization server. */
export interface ExchangedToken {
  readonly accessToken: Secret
  /** `Bearer` as a rule. */
  readonly tokenType: string
  /** ISO 8601; `undefined` where the server does not say. */
  readonly expiresAt: string | undefined
  readonly scopes: readonly string[] | undefined
  readonly refreshToken: Secret | undefined
}

/** The longest life of a token that is believed, in seconds: ten years. */
const maxLifetime = 315_360_000

/**
 * Exchanges an assertion for an access token (RFC 7522, 2.1). Sent once; redirects are not followed.
 * @throws `unauthenticated` where the assertion or the client is refused, `permission_denied` for a grant that the client may
 * not use, `invalid_input` for a scope, and what the network brings
 */
export async function exchangeAssertion(options: ExchangeAssertionOptions): Promise<ExchangedToken> {
  const { tokenEndpoint, assertion, clientId, clientSecret, scopes, fields, tls, timeouts } = options
  const { redactor = new Redactor(), now = Date.now, signal = new AbortController().signal } = options
  if (!Secret.is(assertion)) throw invalidInput('assertion must be a Secret.')
  if (clientSecret !== undefined && clientId === undefined) throw invalidInput('clientSecret needs a clientId.')
  const xml = assertion.reveal()
  redactor.add(xml)
  const encoded = Buffer.from(xml).toString('base64url')
  redactor.add(encoded)
  const client = createHttpClient({
    baseUrl: tokenEndpoint,
    redactor,
    tls,
    timeouts,
    maxRedirects: 0,
    limits: { maxBodyBytes: 1_048_576 },
    authorizer:
      clientId !== undefined && clientSecret !== undefined ? basic(clientId, clientSecret, redactor) : undefined,
    readError: readOAuthError,
  })
  try {
    const form = {
      ...fields,
      grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
      assertion: encoded,
      ...(scopes === undefined ? {} : { scope: scopes.join(' ') }),
      ...(clientId !== undefined && clientSecret === undefined ? { client_id: clientId } : {}),
    }
    const request = { method: 'POST', headers: { accept: 'application/json' }, form, expect: 'json' } as const
    const { body } = await client.request(request, {
      signal,
      effect: 'unsafe',
      redactor,
      fileRoots: [],
      note: () => undefined,
    })
    return readToken(body, redactor, now())
  } finally {
    await client.close()
  }
}

/** The client's name and password are form-encoded before they are joined (RFC 6749, 2.3.1). */
function basic(clientId: string, clientSecret: SecretInput, redactor: Redactor): Authorizer {
  const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return {
    apply({ headers }) {
      const secret = Secret.is(clientSecret) ? clientSecret.reveal() : clientSecret
      redactor.add(secret)
      const [user, password] = [formEncoded(clientId), formEncoded(secret)]
      redactor.addBasic(user, password)
      headers['authorization'] = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    },
  }
}

/** RFC 6749, 5.2 and RFC 7522, 3.1. */
const oauthErrors: Readonly<Record<string, Pick<ErrorReading, 'code' | 'message'>>> = {
  invalid_grant: { code: 'unauthenticated', message: 'the authorization server refused the assertion' },
  invalid_client: { code: 'unauthenticated', message: 'the authorization server refused the client' },
  unauthorized_client: { code: 'permission_denied', message: 'the client may not exchange assertions' },
  unsupported_grant_type: { code: 'unsupported', message: 'the authorization server exchanges no SAML assertions' },
  invalid_scope: { code: 'invalid_input', message: 'the authorization server refused the scopes' },
  invalid_request: { code: 'invalid_input', message: 'the authorization server could not read the request' },
}

/** The server's description may quote the assertion, so only codes that we know are repeated. */
function readOAuthError({ body }: ErrorAnswer): ErrorReading | undefined {
  const code = typeof body === 'object' && body !== null ? (body as { error?: unknown }).error : undefined
  if (typeof code !== 'string' || !Object.hasOwn(oauthErrors, code)) return { message: 'no reason that OAuth knows' }
  return { ...oauthErrors[code], vendorCode: code }
}

function readToken(body: unknown, redactor: Redactor, now: number): ExchangedToken {
  const answer = typeof body === 'object' && body !== null ? (body as Readonly<Record<string, unknown>>) : {}
  const {
    access_token: accessToken,
    token_type: tokenType,
    expires_in: seconds,
    scope,
    refresh_token: refresh,
  } = answer
  if (typeof accessToken !== 'string' || accessToken === '' || typeof tokenType !== 'string') {
    const message = 'The token endpoint answered without an access_token and token_type.'
    throw new ConnectorError({ code: 'internal', applied: 'maybe', message })
  }
  const secret = (text: string, origin: string): Secret => {
    redactor.add(text)
    return new Secret(text, origin)
  }
  const lifetime = Number(seconds)
  const known = seconds !== undefined && seconds !== null && lifetime >= 0 && lifetime <= maxLifetime
  return {
    accessToken: secret(accessToken, 'access token'),
    tokenType,
    expiresAt: known ? new Date(now + lifetime * 1_000).toISOString() : undefined,
    scopes: typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : undefined,
    refreshToken: typeof refresh === 'string' && refresh !== '' ? secret(refresh, 'refresh token') : undefined,
  }
}
