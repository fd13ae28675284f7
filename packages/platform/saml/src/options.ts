import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { assertTransport, invalidInput, Secret, type Redactor, type SecretInput } from '@casare/core'
import { memorySamlCache, type SamlCache } from './cache.ts'
import type { AttributeMapping } from './attributes.ts'
import type { IdentityProvider } from './idp-metadata.ts'

/** Settings of a service provider and its identity provider. */
export interface SamlLoginOptions<Mapping extends AttributeMapping = AttributeMapping> {
  /** Name of this service provider, as the identity provider knows it: usually a URL, 1 to 1,024 characters. */
  readonly entityId: string
  /** Where the browser posts responses to. */
  readonly callbackUrl: string
  /** Where the browser brings logout messages to, by redirect or POST. */
  readonly logoutCallbackUrl?: string | undefined
  /** From `readIdpMetadata`, or written by hand. */
  readonly identityProvider: IdentityProvider
  /** RSA key that signs requests, PEM, 2,048 bits or more. */
  readonly privateKey: SecretInput
  /** Certificate of `privateKey`, PEM; published in `metadata()`. */
  readonly certificate: SecretInput
  /** Our names of attributes -> theirs. Without a mapping all attributes come under their own names, as lists. */
  readonly attributes?: Mapping | undefined
  /** Shared by all processes. Default: this process only (`memorySamlCache`). */
  readonly cache?: SamlCache | undefined
  /** Default: `entityId`. */
  readonly audience?: string | undefined
  /** The assertion must carry a signature of its own. Default: true. */
  readonly wantAssertionsSigned?: boolean | undefined
  /** The response must be signed as a whole. Default: true. With both false, one of the two is still needed. */
  readonly wantAuthnResponseSigned?: boolean | undefined
  /** Take logins that begin at the identity provider. Anybody can then log a visitor in as somebody else. Default: false. */
  readonly allowIdpInitiated?: boolean | undefined
  /** How far the clocks may differ, in milliseconds, 0 to 300,000. Default 5,000. */
  readonly clockSkewMs?: number | undefined
  /** Longest time from an assertion's making to its use, in milliseconds, 1,000 to 86,400,000. Default 3,600,000. */
  readonly maxAssertionAgeMs?: number | undefined
  /** How long a visitor may take to log in or out, in milliseconds, 1,000 to 86,400,000. Default 600,000. */
  readonly requestLifetimeMs?: number | undefined
  /** The most bytes of a message, decoded and decompressed, 1,024 to 4,194,304. Default 262,144. */
  readonly maxBytes?: number | undefined
  /** The most elements and attributes of a message, 100 to 100,000. What a check costs grows with their square. Default 4,000. */
  readonly maxNodes?: number | undefined
  /** Classes of authentication to ask for and insist on (saml-authn-context-2.0-os). Default: any. */
  readonly authnContext?: readonly string[] | undefined
  /** Format of the name to ask for. Default: whatever the identity provider chooses. */
  readonly nameIdFormat?: string | undefined
  /** `insecure: 'plaintext'` allows URLs of `http:` beyond loopback. */
  readonly tls?: { readonly insecure?: 'plaintext' | undefined } | undefined
  /** Told of every assertion, so that logs do not show it. */
  readonly redactor?: Redactor | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/** The options with their defaults. */
export interface ReadyOptions extends Omit<SamlLoginOptions, 'privateKey' | 'certificate'> {
  readonly audience: string
  readonly wantAssertionsSigned: boolean
  readonly wantAuthnResponseSigned: boolean
  readonly allowIdpInitiated: boolean
  readonly clockSkewMs: number
  readonly maxAssertionAgeMs: number
  readonly requestLifetimeMs: number
  readonly maxBytes: number
  readonly maxNodes: number
  readonly cache: SamlCache
  readonly now: () => number
  /** Reads the key anew, so that a rotated one is picked up. @throws `invalid_input` */
  privateKey(): { readonly key: KeyObject; readonly pem: string }
  /** Reads the certificate anew. @throws `invalid_input` */
  certificate(): X509Certificate
}

/** @throws `invalid_input` for a wrong setting; the message names it. */
export function readOptions(options: SamlLoginOptions): ReadyOptions {
  const { entityId, callbackUrl, logoutCallbackUrl, identityProvider, tls, now = Date.now } = options
  if (typeof entityId !== 'string' || entityId === '' || entityId.length > 1_024) {
    throw invalidInput('entityId must have 1 to 1,024 characters.')
  }
  if (identityProvider.certificates.length === 0) throw invalidInput('identityProvider.certificates is empty.')
  for (const certificate of identityProvider.certificates) readCertificate(certificate, 'identityProvider.certificates')
  const { singleSignOn, singleLogout } = identityProvider
  if (singleSignOn.redirect === undefined && singleSignOn.post === undefined) {
    throw invalidInput('identityProvider.singleSignOn needs a redirect or post URL.')
  }
  const urls = {
    callbackUrl,
    logoutCallbackUrl,
    'identityProvider.singleSignOn.redirect': singleSignOn.redirect,
    'identityProvider.singleSignOn.post': singleSignOn.post,
    'identityProvider.singleLogout.redirect': singleLogout?.redirect,
    'identityProvider.singleLogout.redirectResponse': singleLogout?.redirectResponse,
  }
  for (const [name, url] of Object.entries(urls)) if (url !== undefined) assertUrl(name, url, tls)
  for (const name of ['wantAssertionsSigned', 'wantAuthnResponseSigned', 'allowIdpInitiated'] as const) {
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalidInput(`${name} must be a boolean.`)
  }
  if (typeof options.privateKey === 'string') readKey(options.privateKey)
  if (typeof options.certificate === 'string') readCertificate(options.certificate, 'certificate')
  return {
    ...options,
    audience: options.audience ?? entityId,
    wantAssertionsSigned: options.wantAssertionsSigned ?? true,
    wantAuthnResponseSigned: options.wantAuthnResponseSigned ?? true,
    allowIdpInitiated: options.allowIdpInitiated ?? false,
    clockSkewMs: within('clockSkewMs', options.clockSkewMs ?? 5_000, 0, 300_000),
    maxAssertionAgeMs: within('maxAssertionAgeMs', options.maxAssertionAgeMs ?? 3_600_000, 1_000, 86_400_000),
    requestLifetimeMs: within('requestLifetimeMs', options.requestLifetimeMs ?? 600_000, 1_000, 86_400_000),
    maxBytes: within('maxBytes', options.maxBytes ?? 262_144, 1_024, 4_194_304),
    maxNodes: within('maxNodes', options.maxNodes ?? 4_000, 100, 100_000),
    cache: options.cache ?? memorySamlCache({ now }),
    now,
    privateKey: () => readKey(options.privateKey),
    certificate: () => readCertificate(options.certificate, 'certificate'),
  }
}

function within(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidInput(`${name} must be a whole number from ${least} to ${most}.`)
}

function assertUrl(name: string, url: string, tls: SamlLoginOptions['tls']): void {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw invalidInput(`${name} must be a URL of http or https.`)
  const { hostname, protocol, username, password, hash } = new URL(url)
  if (username !== '' || password !== '' || hash !== '') {
    throw invalidInput(`${name} must have no user, password or fragment.`)
  }
  assertTransport({ host: hostname, secure: protocol === 'https:', tls })
}

function readKey(input: SecretInput): { key: KeyObject; pem: string } {
  const pem = Secret.is(input) ? input.reveal() : input
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw invalidInput('privateKey must be an unencrypted RSA key in PEM form.')
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2_048) {
    throw invalidInput('privateKey must be an RSA key of 2,048 bits or more.')
  }
  return { key, pem: key.export({ type: 'pkcs8', format: 'pem' }) as string }
}

function readCertificate(input: SecretInput, name: string): X509Certificate {
  try {
    return new X509Certificate(Secret.is(input) ? input.reveal() : input)
  } catch {
    throw invalidInput(`${name} must be a certificate in PEM form.`)
  }
}
