import { Secret, type Redactor, type SecretProvider } from '@casare/core'
import type { StorePlace } from '../project/secret-store.ts'
import { openLogin } from './open-login.ts'

/**
 * For `secret://login/NAME`: the access token of a login, refreshed when it is about to expire. It is looked up when the
 * connection is made; each use gives the newest, and one that is used when it nears its end is renewed behind it.
 */
export function loginProvider(place: StorePlace, redactor: Redactor): SecretProvider {
  return async ({ path }) => {
    const { authorizer } = await openLogin(place, path, redactor)
    let tokens = await authorizer.source.get()
    return new Secret(() => {
      const next = authorizer.source.get()
      if (next instanceof Promise) next.then((renewed) => (tokens = renewed)).catch(() => undefined)
      else tokens = next
      const text = tokens.accessToken.reveal()
      redactor.add(text)
      return text
    }, `login ${path}`)
  }
}
