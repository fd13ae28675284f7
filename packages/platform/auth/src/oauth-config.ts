import { ConnectorError, invalidInput, Redactor, type Secret } from '@casare/core'
import type { Authorizer } from '@casare/http'
import type { AssertionOptions } from './oauth/assertion.ts'
import type { OAuthClientOptions } from './oauth/client-options.ts'
import { OAuthClient } from './oauth/oauth-client.ts'
import type { TokenRequest } from './oauth/token-request.ts'
import { TokenSource, type TokenSourceOptions } from './refresh/token-source.ts'
import { memoryTokenStore } from './stores/memory-token-store.ts'
import { tokenAuthorizer } from './token-authorizer.ts'
import type { TokenSet } from './tokens/token-set.ts'

/** Which tokens, from where, and who shares them. */
export type OAuthConfig = OAuthClientOptions &
  TokenRequest &
  Pick<TokenSourceOptions, 'earlyMs' | 'leaseMs' | 'waitMs' | 'event'> & {
    /** Where tokens are kept and shared. Default: this process only. */
    readonly store?: TokenSourceOptions['store'] | undefined
    /** The name of the tokens in the store. Default: the client's id. */
    readonly key?: string | undefined
  } & (
    | { readonly kind: 'oauth2_client_credentials' }
    /** Of a login that `store` knows; or begun with a refresh token that was got otherwise, used where the store has none. */
    | { readonly kind: 'oauth2_refresh_token'; readonly refreshToken?: Secret | undefined }
    | { readonly kind: 'oauth2_jwt_bearer'; readonly assertion: AssertionOptions }
    | {
        readonly kind: 'oauth2_token_exchange'
        readonly subjectToken: Secret
        readonly subjectTokenType?: string | undefined
        readonly requestedTokenType?: string | undefined
      }
  )

/** An authorizer with the connections that it owns. */
export interface OAuthAuthorizer extends Authorizer {
  readonly source: TokenSource
  readonly client: OAuthClient
  close(): Promise<void>
}

/**
 * The authorizer of an OAuth configuration, for `createHttpClient` and for the connectors that take one.
 * @throws `invalid_input` for settings that cannot work.
 */
export function oauthAuthorizer(config: OAuthConfig): OAuthAuthorizer {
  const client = new OAuthClient({ redactor: new Redactor(), ...config })
  const store = config.store ?? memoryTokenStore()
  if (config.kind === 'oauth2_refresh_token' && config.store === undefined && config.refreshToken === undefined)
    throw invalidInput('oauth2_refresh_token needs a store with a login, or a refreshToken to begin with.')
  const { earlyMs, leaseMs, waitMs, event } = config
  const source = new TokenSource({
    key: config.key ?? config.clientId,
    store,
    earlyMs,
    leaseMs,
    waitMs,
    event,
    fromNothing: config.kind !== 'oauth2_refresh_token' || config.refreshToken !== undefined,
    refresh: (current, signal) => obtain(client, config, current, signal),
  })
  return {
    ...tokenAuthorizer(source, { dpopKey: config.dpopKey }),
    source,
    client,
    close: () => client.close(),
  }
}

function obtain(
  client: OAuthClient,
  config: OAuthConfig,
  current: TokenSet | undefined,
  signal: AbortSignal,
): Promise<TokenSet> {
  const { scope, resource, audience, parameters } = config
  const request = { scope, resource, audience, parameters }
  switch (config.kind) {
    case 'oauth2_client_credentials':
      return client.clientCredentials(request, { signal })
    case 'oauth2_jwt_bearer':
      return client.jwtBearer(config.assertion, request, { signal })
    case 'oauth2_token_exchange':
      return client.exchangeToken(config, request, { signal })
    case 'oauth2_refresh_token': {
      const refreshToken = current?.refreshToken ?? config.refreshToken
      if (refreshToken === undefined) return Promise.reject(noRefreshToken(config))
      // Scopes are those of the grant: naming them again may only narrow them.
      return client.refresh(refreshToken, { resource, audience, parameters }, { signal })
    }
  }
}

function noRefreshToken({ key, clientId }: OAuthConfig): Error {
  return new ConnectorError({
    code: 'unauthenticated',
    message: `The login "${key ?? clientId}" has no refresh token: it ends with its access token. Ask for the scope offline_access and log in again.`,
  })
}
