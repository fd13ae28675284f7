import type { ConnectorError } from '@casare/core'
import { Secret } from '@casare/core'
import { mapAttributes, readAttributes } from './attributes.ts'
import { checkAssertion, issuerOf, type CheckedAssertion } from './check/check-assertion.ts'
import { assertSuccess } from './check/check-status.ts'
import type { Ledger } from './ledger.ts'
import { decodePosted, guarded, type Message } from './message/decode-message.ts'
import { assertSignatures, isSigned } from './message/signature-shape.ts'
import { standalone } from './message/standalone.ts'
import { assertionNamespace, protocol } from './names.ts'
import type { ReadyOptions } from './options.ts'
import { refuse } from './refusals.ts'
import type { FinishOptions, PostedResponse, SamlIdentity } from './saml-login.ts'
import { vendorSaml } from './vendor-saml.ts'
import { readXml } from './xml/read-xml.ts'
import { attributeOf, childrenOf, descendantsOf, type XmlElement } from './xml/xml-element.ts'

/** Checks a posted response, in this order: form, signature, what it says, and last whether it may still be used. */
export async function finishLogin(
  posted: PostedResponse,
  { requestId }: FinishOptions,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<SamlIdentity> {
  const message = decodePosted(posted.SAMLResponse, options)
  const outer = guarded(() => assertResponse(message, options))
  const signed = await signedAssertion(message, options)
  const { assertion, checked, attributes } = guarded(() => {
    const element = readXml(signed, { mode: 'strict', maxNodes: options.maxNodes })
    if (element.localName !== 'Assertion' || element.namespace !== assertionNamespace) throw refuse('malformed')
    const checkedAssertion = checkAssertion(element, options)
    return {
      assertion: standalone(message.xml, outer.assertion),
      checked: checkedAssertion,
      attributes: mapAttributes(readAttributes(element), options.attributes),
    }
  })
  if (outer.inResponseTo !== checked.inResponseTo) throw refuse('not_asked_for')
  options.redactor?.add(assertion)
  const relayState = await assertFresh(checked, posted.RelayState, requestId, options, ledger)
  const { nameId, sessionEnds } = checked
  return {
    nameId: nameId.value,
    nameIdFormat: nameId.format,
    nameQualifier: nameId.nameQualifier,
    spNameQualifier: nameId.spNameQualifier,
    sessionIndex: checked.sessionIndex,
    sessionEndsAt: sessionEnds === undefined ? undefined : new Date(sessionEnds).toISOString(),
    authnContext: checked.authnContext,
    attributes,
    issuer: checked.issuer,
    assertion: new Secret(assertion, 'SAML assertion'),
    relayState,
    requestId: checked.inResponseTo,
  }
}

/** The form of a response: one assertion, in its place, and signatures on nothing but the two of them. */
function assertResponse(
  { root }: Message,
  options: ReadyOptions,
): { assertion: XmlElement; inResponseTo: string | undefined } {
  if (root.localName !== 'Response' || root.namespace !== protocol || attributeOf(root, 'Version') !== '2.0') {
    throw refuse('malformed')
  }
  const named = (name: string): number => [...descendantsOf(root)].filter((one) => one.localName === name).length
  const [assertion] = childrenOf(root, assertionNamespace, 'Assertion')
  if (assertion === undefined) {
    assertSuccess(root)
    throw refuse(named('EncryptedAssertion') > 0 ? 'encrypted' : 'malformed')
  }
  if (named('Assertion') !== 1 || named('Response') !== 1 || named('EncryptedAssertion') > 0) throw refuse('malformed')
  assertSignatures(root, [root, assertion])
  if (options.wantAuthnResponseSigned && !isSigned(root)) throw refuse('unsigned')
  if (options.wantAssertionsSigned && !isSigned(assertion)) throw refuse('unsigned')
  if (!isSigned(root) && !isSigned(assertion)) throw refuse('unsigned')
  assertSuccess(root)
  if (
    childrenOf(root, assertionNamespace, 'Issuer').length > 0 &&
    issuerOf(root) !== options.identityProvider.entityId
  ) {
    throw refuse('wrong_issuer')
  }
  const destination = attributeOf(root, 'Destination')
  // Signed responses must carry it (saml-bindings-2.0-os, 3.5.5.2).
  if (destination === undefined ? isSigned(root) : destination !== options.callbackUrl)
    throw refuse('wrong_destination')
  return { assertion, inResponseTo: attributeOf(root, 'InResponseTo') }
}

/** The assertion's octets as the signature covers them: what is read from here on, and nothing else of the message. */
async function signedAssertion(message: Message, options: ReadyOptions): Promise<string> {
  const saml = await vendorSaml(options)
  let signed: string | undefined
  try {
    const SAMLResponse = Buffer.from(message.xml).toString('base64')
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse })
    signed = profile?.getAssertionXml?.()
  } catch (error) {
    throw fromVendor(error)
  }
  if (signed === undefined) throw refuse('malformed')
  return signed
}

/** The library's messages may quote the assertion: they are read, and never repeated. */
function fromVendor(error: unknown): ConnectorError {
  const text = error instanceof Error ? error.message : ''
  if (/signature/i.test(text)) return refuse('wrong_signature')
  return refuse(/audience/i.test(text) ? 'wrong_audience' : 'malformed')
}

/** Last, because each of these can be done once: the request is found, and the assertion is noted as used. */
async function assertFresh(
  checked: CheckedAssertion,
  posted: string | undefined,
  requestId: string | undefined,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<string | undefined> {
  const { inResponseTo, issuer, id, usableUntil } = checked
  if (inResponseTo === undefined && !options.allowIdpInitiated) throw refuse('unsolicited')
  if (requestId !== undefined && inResponseTo !== undefined && inResponseTo !== requestId) throw refuse('other_browser')
  if (!(await ledger.used(issuer, id, usableUntil))) throw refuse('replayed')
  if (inResponseTo === undefined) return posted
  const pending = await ledger.answered(inResponseTo)
  if (pending === undefined) throw refuse('not_asked_for')
  if (pending.relayState !== (posted === '' ? undefined : posted)) throw refuse('changed_relay_state')
  return pending.relayState
}
