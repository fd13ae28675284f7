import { createHash } from 'node:crypto'
import { exportJWK, SignJWT } from 'jose'
import type { Secret } from '@casare/core'
import { importPrivateKey, publicKeyOf } from './private-key.ts'

/** A proof that we hold the key of a token, for one request (RFC 9449, 4.2). */
export async function dpopProof(
  secret: Secret,
  request: { readonly method: string; readonly origin: string; readonly path: string },
  accessToken: string,
): Promise<string> {
  const { key, algorithm } = importPrivateKey(secret)
  const { kty, crv, x, y, n, e } = await exportJWK(publicKeyOf(secret))
  const jwk = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => value !== undefined))
  return new SignJWT({
    jti: crypto.randomUUID(),
    htm: request.method,
    // Without query and fragment.
    htu: request.origin + request.path.replace(/[?#].*$/s, ''),
    iat: Math.floor(Date.now() / 1000),
    ath: createHash('sha256').update(accessToken).digest('base64url'),
  })
    .setProtectedHeader({ alg: algorithm, typ: 'dpop+jwt', jwk })
    .sign(key)
}
