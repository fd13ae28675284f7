import type { Redactor, SecretProviders } from '@casare/core'
import { storeProvider, type StorePlace } from './secret-store.ts'

/**
 * The same providers, and that of the store of secrets; every secret that they give becomes known to the redactor, before
 * anybody can print it.
 */
export function registeringProviders(
  providers: SecretProviders,
  redactor: Redactor,
  place: StorePlace,
): SecretProviders {
  return Object.fromEntries(
    Object.entries({ store: storeProvider(place), ...providers }).map(([name, provider]) => [
      name,
      async (reference) => {
        const secret = await provider(reference)
        redactor.add(secret)
        return secret
      },
    ]),
  )
}
