import { createSign, createVerify, type KeyObject } from 'node:crypto'
import { rsaSha256, rsaSha512 } from '../names.ts'
import { refuse } from '../refusals.ts'

/** The message of a URL of the redirect binding. */
export interface RedirectMessage {
  readonly kind: 'SAMLRequest' | 'SAMLResponse'
  /** Base64 of raw DEFLATE. */
  readonly message: string
  readonly relayState: string | undefined
}

/** A signed URL of the redirect binding (saml-bindings-2.0-os, 3.4.4.1), the parameters encoded as they were signed. */
export function signedRedirectUrl(
  target: string,
  { kind, message, relayState }: RedirectMessage,
  key: KeyObject,
): string {
  const parameters = [
    [kind, message],
    ...(relayState === undefined ? [] : [['RelayState', relayState]]),
    ['SigAlg', rsaSha256],
  ] as [string, string][]
  const signed = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const signature = createSign('RSA-SHA256').update(signed).sign(key, 'base64')
  const separator = target.includes('?') ? '&' : '?'
  return `${target}${separator}${signed}&Signature=${encodeURIComponent(signature)}`
}

/**
 * Reads a query of the redirect binding and checks its signature, over the octets as they came.
 * @param query with or without the `?`
 * @param certificates PEM
 * @throws `unauthenticated` where it is unsigned, signed otherwise, or names a parameter twice
 */
export function readSignedQuery(query: string, certificates: readonly string[]): RedirectMessage {
  const raw = new Map<string, string>()
  for (const part of query.replace(/^\?/, '').split('&')) {
    const at = part.indexOf('=')
    const name = decoded(at === -1 ? part : part.slice(0, at))
    if (!['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature'].includes(name)) continue
    // A name that is written in another way than it is signed, or twice, could mean two things.
    if (raw.has(name) || !part.startsWith(`${name}=`)) throw refuse('malformed')
    raw.set(name, part.slice(at + 1))
  }
  const kind = raw.has('SAMLRequest') ? 'SAMLRequest' : 'SAMLResponse'
  const message = raw.get(kind)
  if (message === undefined || (kind === 'SAMLRequest' && raw.has('SAMLResponse'))) throw refuse('malformed')
  const [algorithm, signature, relayState] = ['SigAlg', 'Signature', 'RelayState'].map((name) => raw.get(name))
  if (algorithm === undefined || signature === undefined) throw refuse('unsigned')
  const hash = { [rsaSha256]: 'RSA-SHA256', [rsaSha512]: 'RSA-SHA512' }[decoded(algorithm)]
  if (hash === undefined) throw refuse('weak_signature')
  const signed = [`${kind}=${message}`, ...(relayState === undefined ? [] : [`RelayState=${relayState}`])]
  const text = [...signed, `SigAlg=${algorithm}`].join('&')
  const bytes = Buffer.from(decoded(signature), 'base64')
  if (!certificates.some((certificate) => createVerify(hash).update(text).verify(certificate, bytes))) {
    throw refuse('wrong_signature')
  }
  return { kind, message: decoded(message), relayState: relayState === undefined ? undefined : decoded(relayState) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw refuse('malformed')
  }
}
