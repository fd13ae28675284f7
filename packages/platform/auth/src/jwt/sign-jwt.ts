import { SignJWT } from 'jose'
import type { Secret } from '@casare/core'
import { importPrivateKey, type SigningAlgorithm } from '../oauth/private-key.ts'

/** Who signs a token. */
export interface SignJwtOptions {
  /** PEM or JWK. */
  readonly key: Secret
  readonly keyId?: string | undefined
  /** Default: by the key. */
  readonly algorithm?: SigningAlgorithm | undefined
  /** `typ` of the header. Default `JWT`. */
  readonly type?: string | undefined
}

/**
 * Signs a JSON Web Token (RFC 7519).
 * @param claims as they are: nothing is added.
 * @throws `invalid_input` for a key that cannot sign.
 */
export async function signJwt(claims: Readonly<Record<string, unknown>>, options: SignJwtOptions): Promise<string> {
  const { key, algorithm } = importPrivateKey(options.key, options.algorithm)
  return new SignJWT({ ...claims })
    .setProtectedHeader({
      alg: algorithm,
      typ: options.type ?? 'JWT',
      ...(options.keyId === undefined ? {} : { kid: options.keyId }),
    })
    .sign(key)
}
