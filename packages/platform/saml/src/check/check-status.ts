import { protocol, successStatus } from '../names.ts'
import { refuse } from '../refusals.ts'
import { attributeOf, childOf, type XmlElement } from '../xml/xml-element.ts'

/** What the second status codes of saml-core-2.0-os, 3.2.2.2 mean to a person. */
const words: Readonly<Record<string, string>> = {
  AuthnFailed: 'it could not authenticate the user',
  NoPassive: 'the user is not logged in there',
  NoAuthnContext: 'it cannot authenticate in the way that authnContext asks for',
  InvalidNameIDPolicy: 'it has no name in the format of nameIdFormat',
  RequestDenied: 'it denied the request',
  RequestUnsupported: 'it does not support the request',
  UnknownPrincipal: 'it does not know the user',
  UnsupportedBinding: 'it does not support the binding',
  PartialLogout: 'not every session has ended',
}

/** Refuses an answer whose status is another than success; of what it says only codes that we know are repeated. */
export function assertSuccess(answer: XmlElement): void {
  const status = childOf(answer, protocol, 'Status')
  const code = status && childOf(status, protocol, 'StatusCode')
  if (code === undefined) throw refuse('malformed')
  if (attributeOf(code, 'Value') === successStatus) return
  const inner = childOf(code, protocol, 'StatusCode')
  const name = inner && attributeOf(inner, 'Value')?.split(':').at(-1)
  throw refuse('failed_status', name !== undefined && Object.hasOwn(words, name) ? words[name] : undefined)
}
