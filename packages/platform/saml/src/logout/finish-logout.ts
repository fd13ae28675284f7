import { issuerOf, nameIdOf } from '../check/check-assertion.ts'
import { assertSuccess } from '../check/check-status.ts'
import { assertValidity, timeOf } from '../check/check-times.ts'
import type { Ledger } from '../ledger.ts'
import { decodePosted, decodeRedirected, guarded } from '../message/decode-message.ts'
import { readSignedQuery, signedRedirectUrl } from '../message/redirect-url.ts'
import { assertSignatures, isSigned } from '../message/signature-shape.ts'
import { protocol } from '../names.ts'
import type { ReadyOptions } from '../options.ts'
import { refuse } from '../refusals.ts'
import type { LogoutMessage, LogoutResult } from '../saml-login.ts'
import { messageOf, newId, noBinding } from '../start-login.ts'
import { vendorSaml } from '../vendor-saml.ts'
import { attributeOf, childrenOf, textOf, type XmlElement } from '../xml/xml-element.ts'

interface Received {
  readonly root: XmlElement
  readonly isRequest: boolean
  readonly relayState: string | undefined
}

/** Reads a logout message of either binding and either direction. */
export async function finishLogout(
  received: LogoutMessage,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<LogoutResult> {
  const { root, isRequest, relayState } =
    'query' in received ? fromQuery(received.query, options) : await fromForm(received.form, options)
  const id = guarded(() => checkCommon(root, options))
  if (!isRequest) {
    guarded(() => assertSuccess(root))
    const requestId = attributeOf(root, 'InResponseTo')
    const pending = requestId === undefined ? undefined : await ledger.answered(requestId)
    if (requestId === undefined || pending === undefined) throw refuse('not_asked_for')
    if (pending.relayState !== (relayState === '' ? undefined : relayState)) throw refuse('changed_relay_state')
    return { kind: 'finished', relayState: pending.relayState, requestId }
  }
  const request = guarded(() => ({
    nameId: nameIdOf(root),
    sessionIndexes: childrenOf(root, protocol, 'SessionIndex').map(textOf),
    issuer: issuerOf(root),
  }))
  const until = timeOf(attributeOf(root, 'IssueInstant')) + options.requestLifetimeMs + options.clockSkewMs
  if (!(await ledger.used(request.issuer, id, until))) throw refuse('replayed')
  return {
    kind: 'requested',
    nameId: request.nameId.value,
    nameIdFormat: request.nameId.format,
    sessionIndexes: request.sessionIndexes,
    issuer: request.issuer,
    answerUrl: (success) => answerUrl(id, relayState, success, options),
  }
}

function fromQuery(query: string, options: ReadyOptions): Received {
  const { kind, message, relayState } = readSignedQuery(query, options.identityProvider.certificates)
  const { root } = decodeRedirected(message, options)
  const isRequest = kind === 'SAMLRequest'
  guarded(() => {
    assertName(root, isRequest)
    // The signature is the query's; one within the message has no place in this binding.
    assertSignatures(root, [])
  })
  return { root, isRequest, relayState }
}

async function fromForm(
  form: Exclude<LogoutMessage, { readonly query: string }>['form'],
  options: ReadyOptions,
): Promise<Received> {
  const isRequest = form.SAMLRequest !== undefined
  if (isRequest && form.SAMLResponse !== undefined) throw refuse('malformed')
  const message = decodePosted(isRequest ? form.SAMLRequest : form.SAMLResponse, options)
  guarded(() => {
    assertName(message.root, isRequest)
    assertSignatures(message.root, [message.root])
  })
  if (!isSigned(message.root)) throw refuse('unsigned')
  const saml = await vendorSaml(options, { wantAuthnResponseSigned: true })
  const encoded = Buffer.from(message.xml).toString('base64')
  try {
    if (isRequest) await saml.validatePostRequestAsync({ SAMLRequest: encoded })
    else await saml.validatePostResponseAsync({ SAMLResponse: encoded })
  } catch (error) {
    throw refuse(error instanceof Error && /signature/i.test(error.message) ? 'wrong_signature' : 'malformed')
  }
  return { root: message.root, isRequest, relayState: form.RelayState }
}

function assertName(root: XmlElement, isRequest: boolean): void {
  if (root.namespace !== protocol || root.localName !== (isRequest ? 'LogoutRequest' : 'LogoutResponse')) {
    throw refuse('malformed')
  }
}

/** @returns the message's id */
function checkCommon(root: XmlElement, options: ReadyOptions): string {
  const id = attributeOf(root, 'ID')
  if (id === undefined || attributeOf(root, 'Version') !== '2.0') throw refuse('malformed')
  if (issuerOf(root) !== options.identityProvider.entityId) throw refuse('wrong_issuer')
  // Signed messages must carry it (saml-bindings-2.0-os, 3.4.5.2 and 3.5.5.2).
  if (attributeOf(root, 'Destination') !== options.logoutCallbackUrl) throw refuse('wrong_destination')
  const issued = timeOf(attributeOf(root, 'IssueInstant'))
  const { now, clockSkewMs, requestLifetimeMs } = options
  if (now() + clockSkewMs < issued) throw refuse('not_yet_valid')
  if (now() - clockSkewMs >= issued + requestLifetimeMs) throw refuse('expired')
  assertValidity({ notBefore: undefined, notOnOrAfter: attributeOf(root, 'NotOnOrAfter') }, options)
  return id
}

async function answerUrl(
  id: string,
  relayState: string | undefined,
  success: boolean,
  options: ReadyOptions,
): Promise<string> {
  const { redirect, redirectResponse } = options.identityProvider.singleLogout ?? {}
  const target = redirectResponse ?? redirect ?? noBinding('logout', 'redirect')
  const saml = await vendorSaml(options, { generateUniqueId: newId, logoutUrl: target })
  const profile = { ID: id, issuer: '', nameID: '', nameIDFormat: '' }
  const message = messageOf(await saml.getLogoutResponseUrlAsync(profile, '', {}, success), 'SAMLResponse')
  return signedRedirectUrl(target, { kind: 'SAMLResponse', message, relayState }, options.privateKey().key)
}
