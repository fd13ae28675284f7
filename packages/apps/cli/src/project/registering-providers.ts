import type { Redactor, SecretProviders } from '@casare/core'

/** The same providers; every secret that they give becomes known to the redactor, before anybody can print it. */
export function registeringProviders(providers: SecretProviders, redactor: Redactor): SecretProviders {
  return Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [
      name,
      async (reference) => {
        const secret = await provider(reference)
        redactor.add(secret)
        return secret
      },
    ]),
  )
}
