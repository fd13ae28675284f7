import { ConnectorError, isError, type ErrorCode, type Redactor } from '@casare/core'

/** Error codes of RFC 6749 (5.2, 4.1.2.1), RFC 8628 (3.5), RFC 9449 and OpenID Connect, and ours. */
const codes: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  invalid_client: [
    'unauthenticated',
    'The client is unknown or its credentials are wrong. Look at clientId and the secret or key.',
  ],
  invalid_grant: ['unauthenticated', 'The grant is expired, revoked or used up. Log in again.'],
  unauthorized_client: [
    'permission_denied',
    'This client may not use this grant. Allow it at the authorization server.',
  ],
  access_denied: ['permission_denied', 'The user or the server refused.'],
  expired_token: ['unauthenticated', 'The code has expired before anybody confirmed it. Log in again.'],
  invalid_scope: ['invalid_input', 'A scope is unknown or not allowed. Look at scope.'],
  invalid_request: ['invalid_input', 'The request is not what the server expects.'],
  invalid_target: ['invalid_input', 'The resource or audience is unknown to the server.'],
  unsupported_grant_type: ['unsupported', 'The server does not support this grant.'],
  unsupported_response_type: ['unsupported', 'The server does not support this kind of answer.'],
  login_required: ['unauthenticated', 'Somebody has to log in.'],
  interaction_required: ['unauthenticated', 'Somebody has to log in.'],
  consent_required: ['unauthenticated', 'Somebody has to agree first.'],
  temporarily_unavailable: ['unavailable', 'The authorization server is overloaded.'],
  server_error: ['unavailable', 'The authorization server has failed.'],
  slow_down: ['rate_limited', 'The authorization server was asked too often.'],
}

interface OAuthFailure {
  readonly error?: unknown
  readonly error_description?: unknown
  readonly status?: unknown
  readonly code?: unknown
  readonly response?: { readonly status: number } | undefined
  readonly cause?: unknown
}

/**
 * What the OAuth library throws, as ours. Says which credential, by its place in the config, and never what it is.
 * @param subject what was asked for, for example `The refresh of "crm"`.
 */
export function toOAuthError(thrown: unknown, subject: string, redactor: Redactor): ConnectorError {
  if (ConnectorError.is(thrown)) return ConnectorError.with(thrown, {}, { message: `${subject}: ${thrown.message}` })
  const failure = (isError(thrown) ? thrown : {}) as OAuthFailure
  const cause = failure.error === undefined ? challengeOf(failure) : failure.error
  const status = statusOf(failure)
  const named = typeof cause === 'string' && Object.hasOwn(codes, cause) ? codes[cause] : undefined
  const said =
    typeof failure.error_description === 'string'
      ? ` The server says: ${redactor.text(failure.error_description).slice(0, 300)}`
      : ''
  if (named !== undefined) {
    const [code, words] = named
    return new ConnectorError({
      code,
      status,
      vendorCode: String(cause),
      applied: 'no',
      message: `${subject}: ${words}${said}`,
    })
  }
  if (status === 429)
    return new ConnectorError({ code: 'rate_limited', status, message: `${subject}: asked too often.` })
  if (status !== undefined && status >= 500)
    return new ConnectorError({
      code: 'unavailable',
      status,
      message: `${subject}: the authorization server answers ${status}.`,
    })
  if (status === 401)
    return new ConnectorError({
      code: 'unauthenticated',
      status,
      message: `${subject}: the client's credentials are wrong.`,
    })
  return new ConnectorError({
    code: 'internal',
    status,
    ...(typeof cause === 'string' ? { vendorCode: cause } : {}),
    message: `${subject}: ${wordsFor(failure)}${said}`,
  })
}

/** The `error` of a WWW-Authenticate challenge; a wrong secret may arrive as one that has none. */
function challengeOf({ code, cause }: OAuthFailure): unknown {
  if (code !== 'OAUTH_WWW_AUTHENTICATE_CHALLENGE' || !Array.isArray(cause)) return undefined
  const [challenge] = cause as { parameters?: { error?: string } }[]
  return challenge?.parameters?.error ?? 'invalid_client'
}

/** It stands on the error, on its response, or on the response that is its cause. */
function statusOf({ status, response, cause }: OAuthFailure): number | undefined {
  const found = status ?? response?.status ?? (cause as { status?: unknown } | undefined)?.status
  return typeof found === 'number' ? found : undefined
}

function wordsFor({ code }: OAuthFailure): string {
  switch (code) {
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
    case 'OAUTH_PARSE_ERROR':
      return 'the answer is no JSON. Is the address that of an authorization server, or a login page of a proxy in between?'
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return 'the ID token is expired or not valid yet. Is the clock of this machine right?'
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return 'the ID token is for somebody else (issuer, audience or nonce).'
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return 'the server calls itself by another issuer than the one configured.'
    case 'OAUTH_MISSING_SERVER_METADATA':
      return 'the authorization server has no such endpoint.'
    default:
      return `the answer of the authorization server is not what the standard says (${typeof code === 'string' ? code : 'unknown'}).`
  }
}
