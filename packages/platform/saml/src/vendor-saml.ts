import type { SAML, SamlConfig } from '@node-saml/passport-saml'
import type { ReadyOptions } from './options.ts'

/**
 * The library's own object, made anew for each message so that rotated keys are picked up. Its memory of requests is off:
 * it looks up and removes in two steps, which lets a response in twice that comes twice at once.
 */
export async function vendorSaml(options: ReadyOptions, further: Partial<SamlConfig> = {}): Promise<SAML> {
  const { SAML, ValidateInResponseTo } = await import('@node-saml/passport-saml')
  const { identityProvider, entityId, callbackUrl, audience, authnContext, nameIdFormat } = options
  const { redirect, post } = identityProvider.singleSignOn
  return new SAML({
    issuer: entityId,
    callbackUrl,
    audience,
    entryPoint: redirect ?? post ?? '',
    idpCert: [...identityProvider.certificates],
    idpIssuer: identityProvider.entityId,
    wantAssertionsSigned: options.wantAssertionsSigned,
    wantAuthnResponseSigned: options.wantAuthnResponseSigned,
    // Times are checked by us, on the signed octets and by our clock.
    acceptedClockSkewMs: -1,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    identifierFormat: nameIdFormat ?? null,
    disableRequestedAuthnContext: authnContext === undefined,
    authnContext: [...(authnContext ?? [])],
    validateInResponseTo: ValidateInResponseTo.never,
    ...further,
  })
}
