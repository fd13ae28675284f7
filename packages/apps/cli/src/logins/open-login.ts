import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { basicSecretProviders, ConnectorError, parseSecretReference, type Redactor, type Secret } from '@casare/core'
import type { OAuthAuthorizer, TokenSet, TokenStore } from '@casare/auth'
import { openStore, storeProvider, type StorePlace } from '../project/secret-store.ts'
import { loginNamed, type LoginSettings } from './login-settings.ts'

/** Where the tokens of logins are kept, below the working folder; sealed with a key in the store of secrets. */
export const tokensFile = '.casare/tokens.json'
const keyName = 'casare/token-key'

/** The sealed store of the working folder's tokens. */
export async function openTokenStore(place: StorePlace): Promise<TokenStore> {
  const [{ fileTokenStore, sealedTokenStore }, { withLock }] = await Promise.all([
    import('@casare/auth'),
    import('@casare/secrets'),
  ])
  const path = resolve(place.folder, tokensFile)
  const secrets = await openStore(place, undefined)
  // Two that begin at once must not make two keys: what the first one seals would be lost.
  await withLock(`${path}.key`, async () => {
    const known = await secrets.list()
    if (!known.some(({ name }) => name === keyName)) await secrets.set(keyName, randomBytes(32).toString('base64'))
  })
  return sealedTokenStore(fileTokenStore(path), await secrets.get(keyName))
}

/** A login with its client, its stored tokens, and what refreshes them. */
export async function openLogin(
  place: StorePlace,
  name: string,
  redactor: Redactor,
  settings?: LoginSettings,
): Promise<{ readonly authorizer: OAuthAuthorizer; readonly store: TokenStore; readonly settings: LoginSettings }> {
  const { oauthAuthorizer } = await import('@casare/auth')
  const used = settings ?? (await loginNamed(place, name))
  const store = await openTokenStore(place)
  const authorizer = oauthAuthorizer({
    kind: 'oauth2_refresh_token',
    issuer: used.issuer,
    clientId: used.clientId,
    authentication:
      used.clientSecret === undefined
        ? { kind: 'none' }
        : { kind: 'secret_basic', secret: await resolveSecret(place, used.clientSecret) },
    redactor,
    store,
    key: name,
  })
  return { authorizer, store, settings: used }
}

/** The stored tokens of a login, whether they are good or not. */
export async function storedTokens(store: TokenStore, name: string): Promise<TokenSet | undefined> {
  const { readTokenSet } = await import('@casare/auth')
  const stored = await store.read(name)
  return stored === undefined ? undefined : readTokenSet(stored.value, name)
}

async function resolveSecret(place: StorePlace, text: string): Promise<Secret> {
  const reference = parseSecretReference(text)
  const providers = { ...basicSecretProviders(), store: storeProvider(place) }
  const provider = providers[reference.provider as keyof typeof providers]
  if (provider === undefined)
    throw new ConnectorError({
      code: 'invalid_input',
      message: `A client's secret may be secret://store/… or secret://env/…, not ${text}.`,
    })
  return provider(reference)
}
