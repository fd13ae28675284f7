import { invalidInput, type Secret } from '@casare/core'
import type { SigningAlgorithm } from './private-key.ts'
import { signJwt } from '../jwt/sign-jwt.ts'

/** What an assertion says, and who signs it (RFC 7523, 3). */
export interface AssertionOptions {
  /** `iss`: a service account's address at Google, the consumer key at Salesforce. */
  readonly issuer: string
  /** `sub`: on whose behalf. */
  readonly subject?: string | undefined
  /** `aud`. Default: the token endpoint. */
  readonly audience?: string | undefined
  /** PEM or JWK. */
  readonly key: Secret
  readonly keyId?: string | undefined
  readonly algorithm?: SigningAlgorithm | undefined
  /** How long it is good, in seconds, 1 to 3,600. Default 300. */
  readonly lifetimeS?: number | undefined
  /** Further claims: Google wants `scope` here. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** Signs an assertion; each has an id of its own. */
export async function signAssertion(options: AssertionOptions, tokenEndpoint: string): Promise<string> {
  const { issuer, subject, audience = tokenEndpoint, lifetimeS = 300, claims, key, keyId, algorithm } = options
  if (!Number.isInteger(lifetimeS) || lifetimeS < 1 || lifetimeS > 3_600)
    throw invalidInput('lifetimeS must be a whole number from 1 to 3,600.')
  const now = Math.floor(Date.now() / 1000)
  return signJwt(
    {
      ...claims,
      iss: issuer,
      ...(subject === undefined ? {} : { sub: subject }),
      aud: audience,
      iat: now,
      exp: now + lifetimeS,
      jti: crypto.randomUUID(),
    },
    { key, keyId, algorithm },
  )
}
