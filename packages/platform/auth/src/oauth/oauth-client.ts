import * as oauth from 'oauth4webapi'
import { ConnectorError, invalidInput, Secret } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import { AuthorizationServer } from './authorization-server.ts'
import type { OAuthClientOptions } from './client-options.ts'
import { signAssertion, type AssertionOptions } from './assertion.ts'
import { toOAuthError } from './oauth-error.ts'
import { importPrivateKey } from './private-key.ts'

/** What a token is asked for. */
export interface TokenRequest {
  /** Scopes, separated by spaces. */
  readonly scope?: string | undefined
  /** Where the token will be used (RFC 8707). */
  readonly resource?: string | undefined
  /** The same, as some servers want it. */
  readonly audience?: string | undefined
  /** Further parameters of the vendor's. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** A login by authorization code that has begun; keep it until the browser comes back. Each is good once. */
export interface PendingCodeLogin {
  /** Where to send the browser. */
  readonly url: string
  readonly redirectUri: string
  readonly state: Secret
  readonly nonce: Secret | undefined
  readonly codeVerifier: Secret
}

/** A login on another device that has begun (RFC 8628). */
export interface PendingDeviceLogin {
  /** What the user types at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  readonly verificationUriComplete: string | undefined
  readonly deviceCode: Secret
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly intervalMs: number
}

/** What an authorization server knows of a token (RFC 7662). */
export interface Introspection {
  readonly active: boolean
  readonly scope?: string | undefined
  readonly clientId?: string | undefined
  readonly subject?: string | undefined
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined
}

interface Options {
  readonly signal?: AbortSignal | undefined
}

const defaultDeviceLoginMs = 600_000

/**
 * An OAuth 2.0 and OpenID Connect client, over `oauth4webapi`. Every failure is a `ConnectorError`: `unauthenticated` for wrong
 * credentials or a grant that is over, `invalid_input`, `permission_denied`, `unavailable` (https://www.rfc-editor.org/rfc/rfc6749).
 */
export class OAuthClient {
  readonly #server: AuthorizationServer
  readonly #options: OAuthClientOptions
  #dpop: Promise<oauth.DPoPHandle> | undefined

  /** @throws `invalid_input` for settings that cannot work. */
  constructor(options: OAuthClientOptions) {
    this.#options = options
    this.#server = new AuthorizationServer(options)
  }

  /** Client credentials (RFC 6749, 4.4). */
  async clientCredentials(request: TokenRequest = {}, { signal }: Options = {}): Promise<TokenSet> {
    return this.#tokens(
      'The request with client credentials',
      async (server, options) => {
        const { client, clientAuth } = this.#server
        const response = await oauth.clientCredentialsGrantRequest(
          server,
          client,
          clientAuth,
          parametersOf(request),
          options,
        )
        return oauth.processClientCredentialsResponse(server, client, response)
      },
      signal,
    )
  }

  /** New tokens for a refresh token (RFC 6749, 6). The answer may hold a new refresh token: then the old one is used up. */
  async refresh(refreshToken: Secret, request: TokenRequest = {}, { signal }: Options = {}): Promise<TokenSet> {
    return this.#tokens(
      'The refresh',
      async (server, options) => {
        const { client, clientAuth } = this.#server
        const response = await oauth.refreshTokenGrantRequest(server, client, clientAuth, refreshToken.reveal(), {
          ...options,
          additionalParameters: parametersOf(request),
        })
        return oauth.processRefreshTokenResponse(server, client, response)
      },
      signal,
    )
  }

  /** A signed assertion for a token, as Google and Salesforce want it (RFC 7523). */
  async jwtBearer(
    assertion: AssertionOptions,
    request: TokenRequest = {},
    { signal }: Options = {},
  ): Promise<TokenSet> {
    const type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    return this.#tokens(
      'The request with a signed assertion',
      async (server, options) => {
        const { client, clientAuth } = this.#server
        const parameters = parametersOf(request)
        parameters.set('assertion', await signAssertion(assertion, server.token_endpoint ?? server.issuer))
        const response = await oauth.genericTokenEndpointRequest(server, client, clientAuth, type, parameters, options)
        return oauth.processGenericTokenEndpointResponse(server, client, response)
      },
      signal,
    )
  }

  /** One token for another (RFC 8693). */
  async exchangeToken(
    given: {
      readonly subjectToken: Secret
      /** Default `urn:ietf:params:oauth:token-type:access_token`. */
      readonly subjectTokenType?: string | undefined
      readonly actorToken?: Secret | undefined
      readonly actorTokenType?: string | undefined
      readonly requestedTokenType?: string | undefined
    },
    request: TokenRequest = {},
    { signal }: Options = {},
  ): Promise<TokenSet> {
    const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
    return this.#tokens(
      'The token exchange',
      async (server, options) => {
        const { client, clientAuth } = this.#server
        const parameters = parametersOf(request)
        parameters.set('subject_token', given.subjectToken.reveal())
        parameters.set('subject_token_type', given.subjectTokenType ?? accessToken)
        if (given.actorToken !== undefined) {
          parameters.set('actor_token', given.actorToken.reveal())
          parameters.set('actor_token_type', given.actorTokenType ?? accessToken)
        }
        if (given.requestedTokenType !== undefined) parameters.set('requested_token_type', given.requestedTokenType)
        const type = 'urn:ietf:params:oauth:grant-type:token-exchange'
        const response = await oauth.genericTokenEndpointRequest(server, client, clientAuth, type, parameters, options)
        return oauth.processGenericTokenEndpointResponse(server, client, response, {
          recognizedTokenTypes: { n_a: () => undefined },
        })
      },
      signal,
    )
  }

  /**
   * Begins a login by authorization code with PKCE (RFC 7636); with `pushed`, its parameters go to the server first (RFC 9126).
   * Send the browser to `url`, and give what comes back to `finishCodeLogin`.
   */
  async startCodeLogin(
    request: TokenRequest & { readonly redirectUri: string; readonly pushed?: boolean | undefined },
    { signal }: Options = {},
  ): Promise<PendingCodeLogin> {
    const { redirectUri, pushed = false } = request
    const codeVerifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const isOpenId = request.scope?.split(' ').includes('openid') === true
    const nonce = isOpenId ? oauth.generateRandomNonce() : undefined
    return this.#call(
      'The login',
      async (server) => {
        const { client, clientAuth } = this.#server
        if (server.authorization_endpoint === undefined)
          throw new ConnectorError({ code: 'unsupported', message: 'the server has no authorization endpoint.' })
        const parameters = parametersOf(request)
        parameters.set('client_id', client.client_id)
        parameters.set('response_type', 'code')
        parameters.set('redirect_uri', redirectUri)
        parameters.set('state', state)
        parameters.set('code_challenge', await oauth.calculatePKCECodeChallenge(codeVerifier))
        parameters.set('code_challenge_method', 'S256')
        if (nonce !== undefined) parameters.set('nonce', nonce)
        const url = new URL(server.authorization_endpoint)
        if (pushed) {
          const options = await this.#requestOptions(signal)
          const response = await this.#withNonce(() =>
            oauth
              .pushedAuthorizationRequest(server, client, clientAuth, parameters, options)
              .then((answer) => oauth.processPushedAuthorizationResponse(server, client, answer)),
          )
          url.searchParams.set('client_id', client.client_id)
          url.searchParams.set('request_uri', response.request_uri)
        } else for (const [name, value] of parameters) url.searchParams.append(name, value)
        return {
          url: url.href,
          redirectUri,
          state: new Secret(state),
          nonce: nonce === undefined ? undefined : new Secret(nonce),
          codeVerifier: new Secret(codeVerifier),
        }
      },
      signal,
    )
  }

  /**
   * Ends a login by authorization code. Checks state, issuer (RFC 9207) and, where there is an ID token, its claims, nonce and
   * signature.
   * @param callback the address that the browser came back to, with its query.
   */
  async finishCodeLogin(
    callback: string | URL,
    pending: PendingCodeLogin,
    { signal }: Options = {},
  ): Promise<TokenSet> {
    return this.#tokens(
      'The login',
      async (server, options) => {
        const { client, clientAuth } = this.#server
        const parameters = oauth.validateAuthResponse(server, client, new URL(callback), pending.state.reveal())
        const { redirectUri, codeVerifier, nonce } = pending
        const response = await oauth.authorizationCodeGrantRequest(
          server,
          client,
          clientAuth,
          parameters,
          redirectUri,
          codeVerifier.reveal(),
          options,
        )
        const result = await oauth.processAuthorizationCodeResponse(server, client, response, {
          expectedNonce: nonce?.reveal() ?? oauth.expectNoNonce,
          requireIdToken: nonce !== undefined,
        })
        if (result.id_token !== undefined && server.jwks_uri !== undefined)
          await oauth.validateApplicationLevelSignature(server, response, this.#server.request(signal))
        return result
      },
      signal,
    )
  }

  /** Begins a login on another device (RFC 8628). */
  async startDeviceLogin(request: TokenRequest = {}, { signal }: Options = {}): Promise<PendingDeviceLogin> {
    return this.#call(
      'The login on another device',
      async (server) => {
        const { client, clientAuth } = this.#server
        const options = this.#server.request(signal)
        const response = await oauth.deviceAuthorizationRequest(
          server,
          client,
          clientAuth,
          parametersOf(request),
          options,
        )
        const answer = await oauth.processDeviceAuthorizationResponse(server, client, response)
        return {
          userCode: answer.user_code,
          verificationUri: answer.verification_uri,
          verificationUriComplete: answer.verification_uri_complete,
          deviceCode: new Secret(answer.device_code),
          expiresAt: Date.now() + (answer.expires_in ?? defaultDeviceLoginMs / 1000) * 1000,
          intervalMs: (answer.interval ?? 5) * 1000,
        }
      },
      signal,
    )
  }

  /** Waits until the user has confirmed the login on another device, asking no more often than the server allows. */
  async finishDeviceLogin(pending: PendingDeviceLogin, { signal }: Options = {}): Promise<TokenSet> {
    let { intervalMs } = pending
    for (;;) {
      await pause(intervalMs, signal)
      if (Date.now() > pending.expiresAt)
        throw new ConnectorError({
          code: 'unauthenticated',
          message: 'Nobody has confirmed the login in time. Begin again.',
        })
      try {
        return await this.#tokens(
          'The login on another device',
          async (server, options) => {
            const { client, clientAuth } = this.#server
            const code = pending.deviceCode.reveal()
            const response = await oauth.deviceCodeGrantRequest(server, client, clientAuth, code, options)
            return oauth.processDeviceCodeResponse(server, client, response)
          },
          signal,
        )
      } catch (error) {
        const { vendorCode, code } = error as ConnectorError
        if (vendorCode === 'slow_down') intervalMs += 5_000
        // No answer: wait for longer, as RFC 8628, 3.5 asks for.
        else if (code === 'timeout' || code === 'unavailable') intervalMs = Math.min(intervalMs * 2, 60_000)
        else if (vendorCode !== 'authorization_pending') throw error
      }
    }
  }

  /** What the server knows of a token (RFC 7662). */
  async introspect(token: Secret, { signal }: Options = {}): Promise<Introspection> {
    return this.#call(
      'The introspection',
      async (server) => {
        const { client, clientAuth } = this.#server
        const options = this.#server.request(signal)
        const response = await oauth.introspectionRequest(server, client, clientAuth, token.reveal(), options)
        const { active, scope, client_id, sub, exp } = await oauth.processIntrospectionResponse(
          server,
          client,
          response,
        )
        return {
          active,
          ...(scope === undefined ? {} : { scope }),
          ...(client_id === undefined ? {} : { clientId: client_id }),
          ...(sub === undefined ? {} : { subject: sub }),
          ...(exp === undefined ? {} : { expiresAt: exp * 1000 }),
        }
      },
      signal,
    )
  }

  /** Revokes a token, and with a refresh token the grant (RFC 7009). */
  async revoke(token: Secret, { signal }: Options = {}): Promise<void> {
    await this.#call(
      'The revocation',
      async (server) => {
        const { client, clientAuth } = this.#server
        const options = this.#server.request(signal)
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(server, client, clientAuth, token.reveal(), options),
        )
      },
      signal,
    )
  }

  /** Ends its connections to the server. */
  close(): Promise<void> {
    return this.#server.close()
  }

  async #tokens(
    subject: string,
    send: (server: oauth.AuthorizationServer, options: object) => Promise<oauth.TokenEndpointResponse>,
    signal: AbortSignal | undefined,
  ): Promise<TokenSet> {
    return this.#call(
      subject,
      async (server) => {
        const options = await this.#requestOptions(signal)
        return this.#toTokenSet(await this.#withNonce(() => send(server, options)))
      },
      signal,
    )
  }

  async #call<Result>(
    subject: string,
    work: (server: oauth.AuthorizationServer) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const server = await this.#server.metadata(signal)
    try {
      return await work(server)
    } catch (error) {
      throw toOAuthError(error, `${subject} at ${server.issuer}`, this.#server.redactor)
    }
  }

  async #requestOptions(signal: AbortSignal | undefined): Promise<object> {
    const { dpopKey } = this.#options
    if (dpopKey === undefined) return this.#server.request(signal)
    this.#dpop ??= dpopHandle(this.#server.client, dpopKey)
    return { ...this.#server.request(signal), DPoP: await this.#dpop }
  }

  /** A server may want its nonce in the proof (RFC 9449, 8): it gives it with the refusal. */
  async #withNonce<Result>(send: () => Promise<Result>): Promise<Result> {
    try {
      return await send()
    } catch (error) {
      if (this.#dpop === undefined || !oauth.isDPoPNonceError(error)) throw error
      return send()
    }
  }

  #toTokenSet(answer: oauth.TokenEndpointResponse): TokenSet {
    const { access_token, token_type, expires_in, refresh_token, id_token, scope } = answer
    for (const token of [access_token, refresh_token, id_token])
      if (token !== undefined) this.#server.redactor.add(token)
    const obtainedAt = Date.now()
    return {
      accessToken: new Secret(access_token, 'access token'),
      tokenType: token_type,
      obtainedAt,
      ...(expires_in === undefined ? {} : { expiresAt: obtainedAt + expires_in * 1000 }),
      ...(refresh_token === undefined ? {} : { refreshToken: new Secret(refresh_token, 'refresh token') }),
      ...(id_token === undefined ? {} : { idToken: new Secret(id_token, 'ID token') }),
      ...(scope === undefined ? {} : { scope }),
    }
  }
}

async function dpopHandle(client: oauth.Client, secret: Secret): Promise<oauth.DPoPHandle> {
  const { key } = importPrivateKey(secret)
  const { publicKeyOf } = await import('./public-key.ts')
  return oauth.DPoP(client, { privateKey: key, publicKey: publicKeyOf(secret) })
}

function parametersOf({ scope, resource, audience, parameters = {} }: TokenRequest): URLSearchParams {
  const result = new URLSearchParams(parameters)
  if (scope !== undefined) result.set('scope', scope)
  if (audience !== undefined) result.set('audience', audience)
  if (resource !== undefined) {
    if (!URL.canParse(resource)) throw invalidInput('resource must be an absolute URL.')
    result.set('resource', resource)
  }
  return result
}

function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(
        new ConnectorError({
          code: 'cancelled',
          applied: 'no',
          message: 'The login was cancelled.',
          cause: signal?.reason,
        }),
      )
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, delayMs)
    if (signal?.aborted === true) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}
