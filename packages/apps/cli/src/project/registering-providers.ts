import type { Redactor, SecretProviders } from '@casare/core'
import { loginProvider } from '../logins/login-provider.ts'
import { storeProvider, type StorePlace } from './secret-store.ts'

/**
 * The same providers, and those of the store of secrets and of logins; every secret that they give becomes known to the redactor, before
 * anybody can print it.
 */
export function registeringProviders(
  providers: SecretProviders,
  redactor: Redactor,
  place: StorePlace,
): SecretProviders {
  return Object.fromEntries(
    Object.entries({ store: storeProvider(place), login: loginProvider(place, redactor), ...providers }).map(
      ([name, provider]) => [
        name,
        async (reference) => {
          const secret = await provider(reference)
          redactor.add(secret)
          return secret
        },
      ],
    ),
  )
}
