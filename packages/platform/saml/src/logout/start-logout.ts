import type { Ledger } from '../ledger.ts'
import { signedRedirectUrl } from '../message/redirect-url.ts'
import type { ReadyOptions } from '../options.ts'
import type { LogoutOptions, RedirectTo } from '../saml-login.ts'
import { assertRelayState, messageOf, newId, noBinding } from '../start-login.ts'
import { vendorSaml } from '../vendor-saml.ts'

/** Begins a logout at the identity provider. */
export async function startLogout(
  { nameId, nameIdFormat, relayState, ...session }: LogoutOptions,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<RedirectTo> {
  assertRelayState(relayState)
  const target = options.identityProvider.singleLogout?.redirect ?? noBinding('logout', 'redirect')
  const requestId = newId()
  const saml = await vendorSaml(options, { generateUniqueId: () => requestId, logoutUrl: target })
  const unspecified = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'
  const user = {
    issuer: options.identityProvider.entityId,
    nameID: nameId,
    nameIDFormat: nameIdFormat ?? unspecified,
    ...(session.sessionIndex === undefined ? {} : { sessionIndex: session.sessionIndex }),
    ...(session.nameQualifier === undefined ? {} : { nameQualifier: session.nameQualifier }),
    ...(session.spNameQualifier === undefined ? {} : { spNameQualifier: session.spNameQualifier }),
  }
  const message = messageOf(await saml.getLogoutUrlAsync(user, '', {}), 'SAMLRequest')
  const url = signedRedirectUrl(target, { kind: 'SAMLRequest', message, relayState }, options.privateKey().key)
  await ledger.sent(requestId, relayState)
  return { url, requestId }
}
