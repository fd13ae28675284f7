import { ConnectorError } from '@casare/core'
import { assertionNamespace, bearerMethod } from '../names.ts'
import type { ReadyOptions } from '../options.ts'
import { refuse } from '../refusals.ts'
import { attributeOf, childOf, childrenOf, textOf, type XmlElement } from '../xml/xml-element.ts'
import { assertValidity, timeOf } from './check-times.ts'

/** What an assertion says, once it was found valid. */
export interface CheckedAssertion {
  readonly id: string
  readonly issuer: string
  readonly nameId: NameId
  readonly inResponseTo: string | undefined
  readonly sessionIndex: string | undefined
  /** When the session must end, milliseconds since 1970. */
  readonly sessionEnds: number | undefined
  readonly authnContext: string | undefined
  /** Until when it could be used again, milliseconds since 1970, clocks considered. */
  readonly usableUntil: number
}

/** A name with what it needs to be sent back in a logout. */
export interface NameId {
  readonly value: string
  readonly format: string | undefined
  readonly nameQualifier: string | undefined
  readonly spNameQualifier: string | undefined
}

/**
 * Checks everything that saml-profiles-2.0-os, 4.1.4.2 and 4.1.4.3 ask of an assertion, but for its signature and its reuse.
 * @throws `unauthenticated`
 */
export function checkAssertion(assertion: XmlElement, options: ReadyOptions): CheckedAssertion {
  const id = attributeOf(assertion, 'ID')
  if (id === undefined || attributeOf(assertion, 'Version') !== '2.0') throw refuse('malformed')
  const issuer = issuerOf(assertion)
  if (issuer !== options.identityProvider.entityId) throw refuse('wrong_issuer')
  const issued = timeOf(attributeOf(assertion, 'IssueInstant'))
  const { now, clockSkewMs, maxAssertionAgeMs } = options
  if (now() + clockSkewMs < issued) throw refuse('not_yet_valid')
  if (now() - clockSkewMs >= issued + maxAssertionAgeMs) throw refuse('expired')
  const conditionsEnd = checkConditions(assertion, options)
  const subject = childOf(assertion, assertionNamespace, 'Subject')
  if (subject === undefined) throw refuse('malformed')
  const confirmation = checkSubject(subject, options)
  return {
    id,
    issuer,
    nameId: nameIdOf(subject),
    inResponseTo: confirmation.inResponseTo,
    ...checkAuthentication(assertion, options),
    usableUntil: Math.min(confirmation.end, conditionsEnd, issued + maxAssertionAgeMs) + clockSkewMs,
  }
}

/** The issuer of an assertion or a protocol message. */
export function issuerOf(element: XmlElement): string {
  const issuer = childOf(element, assertionNamespace, 'Issuer')
  if (issuer === undefined) throw refuse('malformed')
  return textOf(issuer)
}

/** The NameID below a subject or a logout request. */
export function nameIdOf(parent: XmlElement): NameId {
  const element = childOf(parent, assertionNamespace, 'NameID')
  if (element === undefined) {
    throw refuse(childrenOf(parent, assertionNamespace, 'EncryptedID').length > 0 ? 'encrypted' : 'malformed')
  }
  const value = textOf(element)
  if (value.trim() === '') throw refuse('malformed')
  return {
    value,
    format: attributeOf(element, 'Format'),
    nameQualifier: attributeOf(element, 'NameQualifier'),
    spNameQualifier: attributeOf(element, 'SPNameQualifier'),
  }
}

function checkConditions(assertion: XmlElement, options: ReadyOptions): number {
  const conditions = childOf(assertion, assertionNamespace, 'Conditions')
  if (conditions === undefined) throw refuse('wrong_audience')
  const notOnOrAfter = attributeOf(conditions, 'NotOnOrAfter')
  assertValidity({ notBefore: attributeOf(conditions, 'NotBefore'), notOnOrAfter }, options)
  const restrictions = childrenOf(conditions, assertionNamespace, 'AudienceRestriction')
  const named = restrictions.every((one) =>
    childrenOf(one, assertionNamespace, 'Audience').some((audience) => textOf(audience) === options.audience),
  )
  if (restrictions.length === 0 || !named) throw refuse('wrong_audience')
  return notOnOrAfter === undefined ? Infinity : timeOf(notOnOrAfter)
}

/** One bearer confirmation must hold; where none does, the first one's reason is told. */
function checkSubject(subject: XmlElement, options: ReadyOptions): { inResponseTo: string | undefined; end: number } {
  const bearers = childrenOf(subject, assertionNamespace, 'SubjectConfirmation').filter(
    (one) => attributeOf(one, 'Method') === bearerMethod,
  )
  let reason: ConnectorError | undefined
  for (const bearer of bearers) {
    try {
      const data = childOf(bearer, assertionNamespace, 'SubjectConfirmationData')
      const notOnOrAfter = data === undefined ? undefined : attributeOf(data, 'NotOnOrAfter')
      if (data === undefined || notOnOrAfter === undefined) throw refuse('malformed')
      if (attributeOf(data, 'Recipient') !== options.callbackUrl) throw refuse('wrong_destination')
      assertValidity({ notBefore: attributeOf(data, 'NotBefore'), notOnOrAfter }, options)
      return { inResponseTo: attributeOf(data, 'InResponseTo'), end: timeOf(notOnOrAfter) }
    } catch (error) {
      if (!ConnectorError.is(error)) throw error
      reason ??= error
    }
  }
  throw reason ?? refuse('malformed')
}

function checkAuthentication(
  assertion: XmlElement,
  options: ReadyOptions,
): Pick<CheckedAssertion, 'sessionIndex' | 'sessionEnds' | 'authnContext'> {
  const [statement] = childrenOf(assertion, assertionNamespace, 'AuthnStatement')
  if (statement === undefined) throw refuse('malformed')
  const end = attributeOf(statement, 'SessionNotOnOrAfter')
  assertValidity({ notBefore: undefined, notOnOrAfter: end }, options)
  const context = childOf(statement, assertionNamespace, 'AuthnContext')
  const reference = context && childOf(context, assertionNamespace, 'AuthnContextClassRef')
  const authnContext = reference && textOf(reference)
  const wanted = options.authnContext
  if (wanted !== undefined && (authnContext === undefined || !wanted.includes(authnContext))) {
    throw refuse('weak_authentication')
  }
  return {
    sessionIndex: attributeOf(statement, 'SessionIndex'),
    sessionEnds: end === undefined ? undefined : timeOf(end),
    authnContext,
  }
}
