import * as oauth from 'oauth4webapi'
import { ConnectorError, invalidInput, isLoopback, Redactor } from '@casare/core'
import type { ClientAuthentication, OAuthClientOptions, OAuthEndpoints } from './client-options.ts'
import { httpFetch, type HttpFetch } from './http-fetch.ts'
import { toOAuthError } from './oauth-error.ts'
import { importPrivateKey } from './private-key.ts'

/** An authorization server and our client there, as the library wants them. */
export class AuthorizationServer {
  readonly redactor: Redactor
  readonly client: oauth.Client
  readonly clientAuth: oauth.ClientAuth
  readonly #options: OAuthClientOptions
  readonly #fetch: HttpFetch
  #metadata: Promise<oauth.AuthorizationServer> | undefined

  /** @throws `invalid_input` for settings that cannot work. */
  constructor(options: OAuthClientOptions) {
    const { clientId, clockSkewS = 5, authentication = { kind: 'none' } } = options
    if ((options.issuer === undefined) === (options.endpoints === undefined))
      throw invalidInput('An OAuth client takes one of issuer and endpoints.')
    if (clientId === '') throw invalidInput('clientId must not be empty.')
    if (!Number.isInteger(clockSkewS) || clockSkewS < 0 || clockSkewS > 300)
      throw invalidInput('clockSkewS must be a whole number from 0 to 300.')
    if (authentication.kind === 'mtls' && options.tls?.cert === undefined)
      throw invalidInput('authentication "mtls" needs the certificate and key of the client in tls.')
    this.redactor = options.redactor ?? new Redactor()
    this.#options = options
    this.client = {
      client_id: clientId,
      [oauth.clockTolerance]: clockSkewS,
      ...(authentication.kind === 'mtls' ? { use_mtls_endpoint_aliases: true } : {}),
    }
    this.clientAuth = authenticate(authentication, this.redactor)
    this.#fetch = httpFetch({
      tls: options.tls,
      timeouts: options.timeouts,
      egress: options.egress,
      redactor: this.redactor,
    })
  }

  /** What the server says of itself; looked up once, and again after a failure. */
  metadata(signal?: AbortSignal): Promise<oauth.AuthorizationServer> {
    this.#metadata ??= this.#discover(signal).catch((error: unknown) => {
      this.#metadata = undefined
      throw error
    })
    return this.#metadata
  }

  /** Options of a request to the server. */
  request(signal?: AbortSignal): { readonly signal?: AbortSignal } {
    const options = {
      [oauth.customFetch]: this.#fetch as never,
      // Our own client refuses plaintext to anything but this machine.
      [oauth.allowInsecureRequests]: true,
      ...(signal === undefined ? {} : { signal }),
    }
    return options
  }

  close(): Promise<void> {
    return this.#fetch.close()
  }

  async #discover(signal: AbortSignal | undefined): Promise<oauth.AuthorizationServer> {
    const { issuer, endpoints } = this.#options
    if (endpoints !== undefined) return fromEndpoints(endpoints)
    const url = parseIssuer(issuer ?? '')
    const subject = `The discovery of ${url.origin}`
    try {
      for (const algorithm of ['oidc', 'oauth2'] as const) {
        const response = await oauth.discoveryRequest(url, { ...this.request(signal), algorithm })
        if (response.status === 404 && algorithm === 'oidc') continue
        if (response.status !== 200)
          throw new ConnectorError({
            code: response.status >= 500 ? 'unavailable' : 'not_found',
            status: response.status,
            message: `it answers ${response.status}. Look at issuer, or name the endpoints.`,
          })
        return await oauth.processDiscoveryResponse(url, response)
      }
    } catch (error) {
      throw toOAuthError(error, subject, this.redactor)
    }
    throw new ConnectorError({ code: 'not_found', message: `${subject}: it has no description. Name the endpoints.` })
  }
}

function authenticate(authentication: ClientAuthentication, redactor: Redactor): oauth.ClientAuth {
  switch (authentication.kind) {
    case 'none':
      return oauth.None()
    case 'mtls':
      return oauth.TlsClientAuth()
    case 'secret_basic':
    case 'secret_post': {
      const { secret, kind } = authentication
      // Revealed at each request: a secret may be rotated.
      return (server, client, body, headers) => {
        const text = secret.reveal()
        redactor.add(text)
        const make = kind === 'secret_basic' ? oauth.ClientSecretBasic : oauth.ClientSecretPost
        return make(text)(server, client, body, headers)
      }
    }
    case 'private_key_jwt': {
      const { key, keyId, algorithm } = authentication
      importPrivateKey(key, algorithm)
      return (server, client, body, headers) => {
        const signing = importPrivateKey(key, algorithm)
        return oauth.PrivateKeyJwt({ key: signing.key, ...(keyId === undefined ? {} : { kid: keyId }) })(
          server,
          client,
          body,
          headers,
        )
      }
    }
  }
}

function fromEndpoints(endpoints: OAuthEndpoints): oauth.AuthorizationServer {
  const { token, authorization, deviceAuthorization, pushedAuthorization, introspection, revocation, jwks } = endpoints
  const given = {
    token_endpoint: token,
    authorization_endpoint: authorization,
    device_authorization_endpoint: deviceAuthorization,
    pushed_authorization_request_endpoint: pushedAuthorization,
    introspection_endpoint: introspection,
    revocation_endpoint: revocation,
    jwks_uri: jwks,
  }
  const known = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined)
  for (const [name, address] of known)
    if (!URL.canParse(address)) throw invalidInput(`endpoints: ${name} must be an absolute URL.`)
  return { issuer: endpoints.issuer ?? new URL(token).origin, ...Object.fromEntries(known) }
}

function parseIssuer(issuer: string): URL {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))))
    throw invalidInput('issuer must be an https URL.')
  if (url.search !== '' || url.hash !== '') throw invalidInput('issuer must not have a query or a fragment.')
  return url
}
