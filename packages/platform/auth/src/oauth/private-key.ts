import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto'
import { invalidInput, type Secret } from '@casare/core'

/** Signature algorithms we sign with (RFC 7518, 3.1; RFC 8037). */
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'ES384' | 'ES512' | 'Ed25519'

/** A private key, ready to sign. */
export interface SigningKey {
  readonly key: webcrypto.CryptoKey
  readonly algorithm: SigningAlgorithm
}

const curves = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' } as const
const byCurve: Readonly<Record<string, SigningAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
}

/**
 * A private key from PEM (PKCS #8, PKCS #1 or SEC 1, without a passphrase) or a JWK.
 * @param algorithm default: by the key: RS256 for RSA, ES256, ES384 or ES512 by the curve, Ed25519.
 * @throws `invalid_input` for a text that is no such key, an RSA key of less than 2,048 bits, or an algorithm that is not the key's.
 */
export function importPrivateKey(secret: Secret, algorithm?: SigningAlgorithm): SigningKey {
  const key = read(secret)
  const own = algorithmOf(key)
  const chosen = algorithm ?? own
  if (chosen !== own && !(own === 'RS256' && chosen === 'PS256'))
    throw invalidInput(`The private key (${secret.origin}) signs with ${own}, not with ${chosen}.`)
  return { key: key.toCryptoKey(parametersOf(chosen), false, ['sign']), algorithm: chosen }
}

/** The public half of a private key, extractable: it is sent with each proof. @throws as `importPrivateKey` */
export function publicKeyOf(secret: Secret): webcrypto.CryptoKey {
  const key = read(secret)
  return createPublicKey(key).toCryptoKey(parametersOf(algorithmOf(key)), true, ['verify'])
}

function read(secret: Secret): KeyObject {
  const text = secret.reveal()
  try {
    return text.trimStart().startsWith('{')
      ? createPrivateKey({ key: JSON.parse(text) as never, format: 'jwk' })
      : createPrivateKey(text)
  } catch {
    // The reason would show a part of the key.
    throw invalidInput(
      `The private key (${secret.origin}) cannot be read. It must be PEM without a passphrase, or a JWK.`,
    )
  }
}

function algorithmOf(key: KeyObject): SigningAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = key
  if (asymmetricKeyType === 'ed25519') return 'Ed25519'
  if (asymmetricKeyType === 'rsa') {
    if ((asymmetricKeyDetails?.modulusLength ?? 0) < 2_048)
      throw invalidInput('An RSA key must have 2,048 bits or more.')
    return 'RS256'
  }
  const byName = byCurve[asymmetricKeyDetails?.namedCurve ?? '']
  if (asymmetricKeyType === 'ec' && byName !== undefined) return byName
  throw invalidInput('The private key must be RSA, of the curves P-256, P-384 or P-521, or Ed25519.')
}

function parametersOf(algorithm: SigningAlgorithm): { name: string; hash?: string; namedCurve?: string } {
  switch (algorithm) {
    case 'RS256':
      return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    case 'PS256':
      return { name: 'RSA-PSS', hash: 'SHA-256' }
    case 'Ed25519':
      return { name: 'Ed25519' }
    default:
      return { name: 'ECDSA', namedCurve: curves[algorithm] }
  }
}
