import * as oauth from 'oauth4webapi'
import type { Secret } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import { signAssertion, type AssertionOptions } from './assertion.ts'
import type { OAuthClientOptions } from './client-options.ts'
import { finishCodeLogin, startCodeLogin, type CodeLoginRequest, type PendingCodeLogin } from './code-login.ts'
import { finishDeviceLogin, startDeviceLogin, type PendingDeviceLogin } from './device-login.ts'
import { TokenEndpoint } from './token-endpoint.ts'
import { parametersOf, type TokenRequest } from './token-request.ts'

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

/**
 * An OAuth 2.0 and OpenID Connect client, over `oauth4webapi`. Every failure is a `ConnectorError`: `unauthenticated` for wrong
 * credentials or a grant that is over, `invalid_input`, `permission_denied`, `unavailable` (https://www.rfc-editor.org/rfc/rfc6749).
 */
export class OAuthClient {
  readonly #endpoint: TokenEndpoint

  /** @throws `invalid_input` for settings that cannot work. */
  constructor(options: OAuthClientOptions) {
    this.#endpoint = new TokenEndpoint(options)
  }

  /** Client credentials (RFC 6749, 4.4). */
  async clientCredentials(request: TokenRequest = {}, { signal }: Options = {}): Promise<TokenSet> {
    return this.#endpoint.tokens(
      'The request with client credentials',
      async (server, options) => {
        const { client, clientAuth } = this.#endpoint.server
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
    return this.#endpoint.tokens(
      'The refresh',
      async (server, options) => {
        const { client, clientAuth } = this.#endpoint.server
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
    return this.#endpoint.tokens(
      'The request with a signed assertion',
      async (server, options) => {
        const { client, clientAuth } = this.#endpoint.server
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
    return this.#endpoint.tokens(
      'The token exchange',
      async (server, options) => {
        const { client, clientAuth } = this.#endpoint.server
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
  startCodeLogin(request: CodeLoginRequest, options: Options = {}): Promise<PendingCodeLogin> {
    return startCodeLogin(this.#endpoint, request, options)
  }

  /**
   * Ends a login by authorization code. Checks state, issuer (RFC 9207) and, where there is an ID token, its claims, nonce and
   * signature.
   * @param callback the address that the browser came back to, with its query.
   */
  finishCodeLogin(callback: string | URL, pending: PendingCodeLogin, options: Options = {}): Promise<TokenSet> {
    return finishCodeLogin(this.#endpoint, callback, pending, options)
  }

  /** Begins a login on another device (RFC 8628). */
  startDeviceLogin(request: TokenRequest = {}, options: Options = {}): Promise<PendingDeviceLogin> {
    return startDeviceLogin(this.#endpoint, request, options)
  }

  /** Waits until the user has confirmed the login on another device, asking no more often than the server allows. */
  finishDeviceLogin(pending: PendingDeviceLogin, options: Options = {}): Promise<TokenSet> {
    return finishDeviceLogin(this.#endpoint, pending, options)
  }

  /** What the server knows of a token (RFC 7662). */
  async introspect(token: Secret, { signal }: Options = {}): Promise<Introspection> {
    return this.#endpoint.call(
      'The introspection',
      async (server) => {
        const { client, clientAuth } = this.#endpoint.server
        const options = this.#endpoint.server.request(signal)
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
    await this.#endpoint.call(
      'The revocation',
      async (server) => {
        const { client, clientAuth } = this.#endpoint.server
        const options = this.#endpoint.server.request(signal)
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(server, client, clientAuth, token.reveal(), options),
        )
      },
      signal,
    )
  }

  /** Ends its connections to the server. */
  close(): Promise<void> {
    return this.#endpoint.server.close()
  }
}
