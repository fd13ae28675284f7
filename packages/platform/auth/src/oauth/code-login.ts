import * as oauth from 'oauth4webapi'
import { ConnectorError, Secret } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import type { TokenEndpoint } from './token-endpoint.ts'
import { parametersOf, type TokenRequest } from './token-request.ts'

/** A login by authorization code that has begun; keep it until the browser comes back. Each is good once. */
export interface PendingCodeLogin {
  /** Where to send the browser. */
  readonly url: string
  readonly redirectUri: string
  readonly state: Secret
  readonly nonce: Secret | undefined
  readonly codeVerifier: Secret
}

/** What a login by authorization code asks for. */
export interface CodeLoginRequest extends TokenRequest {
  /** Where the browser comes back to. */
  readonly redirectUri: string
  /** Sends the parameters to the server first, and only a reference to them through the browser. Default false. */
  readonly pushed?: boolean | undefined
}

interface Options {
  readonly signal?: AbortSignal | undefined
}

/**
 * Begins a login by authorization code with PKCE (RFC 7636); with `pushed`, its parameters go to the server first (RFC 9126).
 * Send the browser to `url`, and give what comes back to `finishCodeLogin`.
 */
export async function startCodeLogin(
  endpoint: TokenEndpoint,
  request: CodeLoginRequest,
  { signal }: Options = {},
): Promise<PendingCodeLogin> {
  const { redirectUri, pushed = false } = request
  const codeVerifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const isOpenId = request.scope?.split(' ').includes('openid') === true
  const nonce = isOpenId ? oauth.generateRandomNonce() : undefined
  return endpoint.call(
    'The login',
    async (server) => {
      const { client, clientAuth } = endpoint.server
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
        const options = endpoint.requestOptions(signal)
        const response = await endpoint.withNonce(() =>
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
export async function finishCodeLogin(
  endpoint: TokenEndpoint,
  callback: string | URL,
  pending: PendingCodeLogin,
  { signal }: Options = {},
): Promise<TokenSet> {
  return endpoint.tokens(
    'The login',
    async (server, options) => {
      const { client, clientAuth } = endpoint.server
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
        await oauth.validateApplicationLevelSignature(server, response, endpoint.server.request(signal))
      return result
    },
    signal,
  )
}
