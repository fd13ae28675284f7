import {
  digestAlgorithms,
  envelopedSignature,
  exclusiveCanonicalization,
  rsaSha256,
  rsaSha512,
  signatureNamespace,
} from '../names.ts'
import { refuse } from '../refusals.ts'
import { attributeOf, childrenOf, descendantsOf, elementsOf, textOf, type XmlElement } from '../xml/xml-element.ts'

/**
 * Refuses every message whose signatures could cover anything but the elements they stand in: the ground of all published
 * wrapping attacks (Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", USENIX Security 2012). Whether a
 * signature is a true one is decided elsewhere.
 *
 * @param signable the elements that may carry a signature as a child; each at most one, and no signature is anywhere else
 */
export function assertSignatures(root: XmlElement, signable: readonly XmlElement[]): void {
  const ids = new Set<string>()
  let signatures = 0
  for (const element of descendantsOf(root)) {
    for (const { localName, namespace, value } of element.attributes) {
      if (localName.toLowerCase() !== 'id') continue
      // Some look for ids by the local name alone.
      if (namespace !== '' || ids.has(value)) throw refuse('malformed')
      ids.add(value)
    }
    if (element.localName === 'Signature') signatures += 1
  }
  for (const parent of signable) {
    const own = childrenOf(parent, signatureNamespace, 'Signature')
    for (const signature of own) assertShape(signature, parent)
    if (own.length > 1) throw refuse('malformed')
    signatures -= own.length
  }
  if (signatures !== 0) throw refuse('malformed')
}

/** Is there a signature on this element itself? */
export function isSigned(element: XmlElement): boolean {
  return childrenOf(element, signatureNamespace, 'Signature').length > 0
}

/** The form that saml-core-2.0-os, 5.4 prescribes, and nothing beside it. */
function assertShape(signature: XmlElement, parent: XmlElement): void {
  const [signedInfo, value, keyInfo, further] = namesOf(signature)
  if (signedInfo?.localName !== 'SignedInfo' || value?.localName !== 'SignatureValue' || further !== undefined) {
    throw refuse('malformed')
  }
  if (keyInfo !== undefined && keyInfo.localName !== 'KeyInfo') throw refuse('malformed')
  textOf(value)
  const [canonicalization, method, reference, second] = namesOf(signedInfo)
  if (
    canonicalization?.localName !== 'CanonicalizationMethod' ||
    method?.localName !== 'SignatureMethod' ||
    reference?.localName !== 'Reference' ||
    second !== undefined
  ) {
    throw refuse('malformed')
  }
  if (attributeOf(canonicalization, 'Algorithm') !== exclusiveCanonicalization) throw refuse('malformed')
  const algorithm = attributeOf(method, 'Algorithm')
  if (algorithm !== rsaSha256 && algorithm !== rsaSha512) throw refuse('weak_signature')
  if (elementsOf(canonicalization).length > 0 || elementsOf(method).length > 0) throw refuse('malformed')
  assertReference(reference, parent)
}

function assertReference(reference: XmlElement, parent: XmlElement): void {
  const id = attributeOf(parent, 'ID')
  if (id === undefined || !/^[A-Za-z_][\w.-]{0,255}$/.test(id) || attributeOf(reference, 'URI') !== `#${id}`) {
    throw refuse('malformed')
  }
  const [transforms, method, digest, further] = namesOf(reference)
  if (
    transforms?.localName !== 'Transforms' ||
    method?.localName !== 'DigestMethod' ||
    digest?.localName !== 'DigestValue' ||
    further !== undefined
  ) {
    throw refuse('malformed')
  }
  const [enveloped, exclusive, third] = namesOf(transforms).map((one) => attributeOf(one, 'Algorithm'))
  if (enveloped !== envelopedSignature || exclusive !== exclusiveCanonicalization || third !== undefined) {
    throw refuse('malformed')
  }
  if (!digestAlgorithms.includes(attributeOf(method, 'Algorithm') ?? '')) throw refuse('weak_signature')
  if (elementsOf(method).length > 0) throw refuse('malformed')
  textOf(digest)
}

function namesOf(element: XmlElement): XmlElement[] {
  const children = elementsOf(element)
  if (children.some((one) => one.namespace !== signatureNamespace)) throw refuse('malformed')
  return children
}
