import * as oauth from 'oauth4webapi'
import { Secret } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import { AuthorizationServer } from './authorization-server.ts'
import type { OAuthClientOptions } from './client-options.ts'
import { toOAuthError } from './oauth-error.ts'
import { importPrivateKey, publicKeyOf } from './private-key.ts'

/** Calls to an authorization server: its errors as ours, its answers as tokens, proofs of a key where tokens are bound to one. */
export class TokenEndpoint {
  readonly server: AuthorizationServer
  readonly #dpopKey: Secret | undefined
  #dpop: oauth.DPoPHandle | undefined

  constructor(options: OAuthClientOptions) {
    this.server = new AuthorizationServer(options)
    this.#dpopKey = options.dpopKey
  }

  async tokens(
    subject: string,
    send: (server: oauth.AuthorizationServer, options: object) => Promise<oauth.TokenEndpointResponse>,
    signal: AbortSignal | undefined,
  ): Promise<TokenSet> {
    return this.call(
      subject,
      async (server) => {
        const options = this.requestOptions(signal)
        return this.#toTokenSet(await this.withNonce(() => send(server, options)))
      },
      signal,
    )
  }

  async call<Result>(
    subject: string,
    work: (server: oauth.AuthorizationServer) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    const server = await this.server.metadata(signal)
    try {
      return await work(server)
    } catch (error) {
      throw toOAuthError(error, `${subject} at ${server.issuer}`, this.server.redactor)
    }
  }

  requestOptions(signal: AbortSignal | undefined): object {
    const dpopKey = this.#dpopKey
    if (dpopKey === undefined) return this.server.request(signal)
    this.#dpop ??= dpopHandle(this.server.client, dpopKey)
    return { ...this.server.request(signal), DPoP: this.#dpop }
  }

  /** A server may want its nonce in the proof (RFC 9449, 8): it gives it with the refusal. */
  async withNonce<Result>(send: () => Promise<Result>): Promise<Result> {
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
      if (token !== undefined) this.server.redactor.add(token)
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

function dpopHandle(client: oauth.Client, secret: Secret): oauth.DPoPHandle {
  return oauth.DPoP(client, { privateKey: importPrivateKey(secret).key, publicKey: publicKeyOf(secret) })
}
