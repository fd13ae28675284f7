import { ConnectorError } from '@casare/core'

/** Why a message was refused: the sentence for people; the key is the error's `vendorCode`. */
export const refusals = {
  malformed: 'The SAML message is not one that can be read safely.',
  too_large: 'The SAML message is larger than maxBytes allows.',
  unsigned: 'The SAML message is not signed where a signature is wanted.',
  weak_signature: 'The SAML message is signed with an algorithm other than RSA with SHA-256 or SHA-512.',
  wrong_signature:
    "The signature of the SAML message fits none of the identity provider's certificates: it has another certificate now, or the message was changed on its way.",
  encrypted:
    'The SAML assertion is encrypted, which is not supported: have the identity provider sign and not encrypt.',
  wrong_issuer: 'The SAML message comes from another identity provider than the configured one.',
  wrong_destination: 'The SAML message is addressed to another URL than callbackUrl or logoutCallbackUrl.',
  wrong_audience: 'The SAML assertion is meant for another audience than this service provider.',
  expired: 'The SAML message has expired; log in again, and compare the clocks should that repeat.',
  not_yet_valid: "The SAML message is not valid yet: compare this machine's clock with the identity provider's.",
  replayed: 'The SAML message was used before.',
  not_asked_for:
    'The SAML message answers nothing that was asked for here, or what was answered or has expired meanwhile.',
  unsolicited: 'The SAML response answers no login that was started here, and allowIdpInitiated is not set.',
  other_browser: 'The SAML response answers a login that another browser session has started.',
  changed_relay_state: 'The RelayState came back different from what was sent.',
  weak_authentication: 'The identity provider authenticated the user in another way than authnContext asks for.',
  missing_attribute: 'The SAML assertion lacks an attribute that is required',
  failed_status: 'The identity provider did not do what it was asked for',
} as const

/** The kinds of refusal. */
export type Refusal = keyof typeof refusals

/** An `unauthenticated` error of one sentence, without anything of the message that it is about. */
export function refuse(kind: Refusal, detail?: string): ConnectorError {
  const message = detail === undefined ? refusals[kind] : `${refusals[kind].replace(/\.$/, '')}: ${detail}.`
  return new ConnectorError({ code: 'unauthenticated', vendorCode: kind, message })
}
