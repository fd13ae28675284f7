import { isUtf8 } from 'node:buffer'
import { X509Certificate } from 'node:crypto'
import { invalidInput } from '@casare/core'
import { metadataNamespace, postBinding, protocol, redirectBinding, signatureNamespace } from './names.ts'
import { readXml } from './xml/read-xml.ts'
import { attributeOf, childrenOf, descendantsOf, textOf, XmlProblem, type XmlElement } from './xml/xml-element.ts'

/** What a service provider needs to know of an identity provider. */
export interface IdentityProvider {
  readonly entityId: string
  /** Certificates that it signs with, PEM; more than one while it changes them. */
  readonly certificates: readonly string[]
  /** Where logins begin, by binding. */
  readonly singleSignOn: { readonly redirect?: string | undefined; readonly post?: string | undefined }
  /** Where logouts go, by the redirect binding; and where answers to its own requests go, if elsewhere. */
  readonly singleLogout?:
    { readonly redirect?: string | undefined; readonly redirectResponse?: string | undefined } | undefined
}

/** An identity provider as its metadata describes it. */
export interface IdpMetadata extends IdentityProvider {
  readonly nameIdFormats: readonly string[]
  readonly wantAuthnRequestsSigned: boolean
  /** When the metadata must be renewed at the latest, ISO 8601. */
  readonly validUntil?: string | undefined
}

/** Which entity of a document, and limits. */
export interface ReadIdpMetadataOptions {
  /** Entity to take from a document of several. */
  readonly entityId?: string | undefined
  /** The most bytes of the document, 1 to 67,108,864. Default 1,048,576. */
  readonly maxBytes?: number | undefined
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/**
 * Reads an identity provider's metadata (saml-metadata-2.0-os). It fetches nothing, and it checks no signature of the
 * metadata: take the document from a place that you trust, over TLS.
 * @throws `invalid_input` for what is no such document, too large, expired, or has no certificate or login URL.
 */
export function readIdpMetadata(xml: string | Uint8Array, options: ReadIdpMetadataOptions = {}): IdpMetadata {
  const { maxBytes = 1_048_576, now = Date.now } = options
  if (typeof xml === 'string' ? Buffer.byteLength(xml) > maxBytes : xml.byteLength > maxBytes) {
    throw invalidInput(`The metadata has more than ${maxBytes} bytes (maxBytes).`)
  }
  if (typeof xml !== 'string' && !isUtf8(xml)) throw invalidInput('The metadata is not UTF-8.')
  try {
    const root = readXml(typeof xml === 'string' ? xml : Buffer.from(xml).toString(), {
      mode: 'documents',
      maxNodes: maxBytes / 8,
    })
    return readEntity(chooseEntity(root, options.entityId), now())
  } catch (error) {
    if (error instanceof XmlProblem) throw invalidInput(`The metadata cannot be read safely: ${error.message}.`)
    throw error
  }
}

function chooseEntity(root: XmlElement, entityId: string | undefined): XmlElement {
  const entities = [...descendantsOf(root)].filter(
    (one) =>
      one.namespace === metadataNamespace &&
      one.localName === 'EntityDescriptor' &&
      childrenOf(one, metadataNamespace, 'IDPSSODescriptor').length > 0 &&
      (entityId === undefined || attributeOf(one, 'entityID') === entityId),
  )
  const [entity, second] = entities
  if (entity === undefined) {
    throw invalidInput(
      entityId === undefined
        ? 'The metadata describes no identity provider.'
        : 'The metadata describes no identity provider of this entityId.',
    )
  }
  if (second !== undefined)
    throw invalidInput('The metadata describes several identity providers: name one by entityId.')
  return entity
}

function readEntity(entity: XmlElement, now: number): IdpMetadata {
  const descriptor = childrenOf(entity, metadataNamespace, 'IDPSSODescriptor').find((one) =>
    (attributeOf(one, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(protocol),
  )
  if (descriptor === undefined) throw invalidInput('The identity provider does not speak SAML 2.0.')
  const entityId = attributeOf(entity, 'entityID')
  if (entityId === undefined || entityId === '') throw invalidInput('The identity provider has no entityID.')
  const until = [entity, descriptor].flatMap((one) => attributeOf(one, 'validUntil') ?? [])
  for (const time of until) {
    if (!(Date.parse(time) > now)) throw invalidInput('The metadata has expired (validUntil): get it anew.')
  }
  const certificates = readCertificates(descriptor)
  if (certificates.length === 0) throw invalidInput('The identity provider has no certificate for signing.')
  const singleSignOn = endpointsOf(descriptor, 'SingleSignOnService')
  if (singleSignOn.redirect === undefined && singleSignOn.post === undefined) {
    throw invalidInput('The identity provider has no login URL for the redirect or POST binding.')
  }
  const { redirect, redirectResponse } = endpointsOf(descriptor, 'SingleLogoutService')
  return {
    entityId,
    certificates,
    singleSignOn: { redirect: singleSignOn.redirect, post: singleSignOn.post },
    singleLogout: redirect === undefined ? undefined : { redirect, redirectResponse },
    nameIdFormats: childrenOf(descriptor, metadataNamespace, 'NameIDFormat').map((one) => textOf(one).trim()),
    wantAuthnRequestsSigned: ['true', '1'].includes(attributeOf(descriptor, 'WantAuthnRequestsSigned') ?? ''),
    validUntil: until.sort((left, right) => Date.parse(left) - Date.parse(right))[0],
  }
}

function readCertificates(descriptor: XmlElement): string[] {
  const signing = childrenOf(descriptor, metadataNamespace, 'KeyDescriptor').filter(
    (one) => attributeOf(one, 'use') !== 'encryption',
  )
  const pem = signing
    .flatMap((one) => [...descendantsOf(one)])
    .filter((one) => one.namespace === signatureNamespace && one.localName === 'X509Certificate')
    .map((one) => {
      const text = textOf(one).replace(/\s+/g, '')
      try {
        return new X509Certificate(Buffer.from(text, 'base64')).toString()
      } catch {
        throw invalidInput('A certificate of the identity provider cannot be read.')
      }
    })
  return [...new Set(pem)]
}

function endpointsOf(
  descriptor: XmlElement,
  name: 'SingleSignOnService' | 'SingleLogoutService',
): { redirect?: string; post?: string; redirectResponse?: string } {
  const found: { redirect?: string; post?: string; redirectResponse?: string } = {}
  for (const endpoint of childrenOf(descriptor, metadataNamespace, name)) {
    const location = attributeOf(endpoint, 'Location')
    if (location === undefined) continue
    const binding = attributeOf(endpoint, 'Binding')
    if (binding === postBinding) found.post ??= checkedUrl(location)
    if (binding !== redirectBinding || found.redirect !== undefined) continue
    found.redirect = checkedUrl(location)
    const response = attributeOf(endpoint, 'ResponseLocation')
    if (response !== undefined) found.redirectResponse = checkedUrl(response)
  }
  return found
}

function checkedUrl(location: string): string {
  if (!/^https?:\/\//i.test(location) || !URL.canParse(location)) {
    throw invalidInput('The identity provider has a URL that is not one of http or https.')
  }
  return location
}
