import { createPrivateKey, createPublicKey, type webcrypto } from 'node:crypto'
import type { Secret } from '@casare/core'

/** The public half of a private key that `importPrivateKey` has accepted, extractable: it is sent with each proof. */
export function publicKeyOf(secret: Secret): webcrypto.CryptoKey {
  const text = secret.reveal()
  const pair = text.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(text) as never, format: 'jwk' })
    : createPrivateKey(text)
  const key = createPublicKey(pair)
  if (key.asymmetricKeyType === 'ed25519') return key.toCryptoKey({ name: 'Ed25519' }, true, ['verify'])
  if (key.asymmetricKeyType === 'rsa')
    return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, true, ['verify'])
  const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }
  const namedCurve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'P-256'
  return key.toCryptoKey({ name: 'ECDSA', namedCurve }, true, ['verify'])
}
