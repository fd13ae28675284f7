import { metadataNamespace, postBinding, protocol, redirectBinding, signatureNamespace } from './names.ts'
import type { ReadyOptions } from './options.ts'
import { escapeXml } from './xml/escape-xml.ts'

/** A service provider's metadata (saml-metadata-2.0-os, 2.4.4). */
export function serviceProviderMetadata(options: ReadyOptions): string {
  const { entityId, callbackUrl, logoutCallbackUrl, nameIdFormat, wantAssertionsSigned } = options
  const certificate = options.certificate().raw.toString('base64')
  const logout = [redirectBinding, postBinding].map((binding) => {
    const location = escapeXml(logoutCallbackUrl ?? '')
    return `    <md:SingleLogoutService Binding="${binding}" Location="${location}"/>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="${metadataNamespace}" entityID="${escapeXml(entityId)}">
  <md:SPSSODescriptor protocolSupportEnumeration="${protocol}" AuthnRequestsSigned="true" WantAssertionsSigned="${wantAssertionsSigned}">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="${signatureNamespace}"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
${logoutCallbackUrl === undefined ? '' : logout.join('')}${
    nameIdFormat === undefined ? '' : `    <md:NameIDFormat>${escapeXml(nameIdFormat)}</md:NameIDFormat>\n`
  }    <md:AssertionConsumerService Binding="${postBinding}" Location="${escapeXml(callbackUrl)}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
`
}
