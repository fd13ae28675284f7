import { createHash, randomBytes } from 'node:crypto'
import { ConnectorError, invalidInput } from '@casare/core'
import type { Ledger } from './ledger.ts'
import { signedRedirectUrl } from './message/redirect-url.ts'
import type { ReadyOptions } from './options.ts'
import type { FormPage, LoginOptions, RedirectTo } from './saml-login.ts'
import { vendorSaml } from './vendor-saml.ts'
import { escapeXml } from './xml/escape-xml.ts'

/** An id of 160 random bits; SAML ids begin with no digit. */
export function newId(): string {
  return `_${randomBytes(20).toString('hex')}`
}

/** The message parameter of a URL that the library made; it is signed anew, because the library encodes it otherwise than it signs. */
export function messageOf(url: string, kind: 'SAMLRequest' | 'SAMLResponse'): string {
  return new URL(url).searchParams.get(kind) ?? ''
}

/** @throws `invalid_input` for a RelayState of more than 80 bytes or with control characters */
export function assertRelayState(relayState: string | undefined): void {
  if (relayState === undefined) return
  if (relayState === '' || Buffer.byteLength(relayState) > 80 || /\p{Cc}/u.test(relayState)) {
    throw invalidInput('relayState must have 1 to 80 bytes of UTF-8 and no control characters.')
  }
}

export async function startByRedirect(
  { relayState, forceAuthn = false }: LoginOptions,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<RedirectTo> {
  assertRelayState(relayState)
  const target = options.identityProvider.singleSignOn.redirect ?? noBinding('login', 'redirect')
  const requestId = newId()
  const saml = await vendorSaml(options, { generateUniqueId: () => requestId, forceAuthn, entryPoint: target })
  const message = messageOf(await saml.getAuthorizeUrlAsync('', undefined, {}), 'SAMLRequest')
  const url = signedRedirectUrl(target, { kind: 'SAMLRequest', message, relayState }, options.privateKey().key)
  await ledger.sent(requestId, relayState)
  return { url, requestId }
}

const script = 'document.forms[0].submit()'
const scriptHash = `'sha256-${createHash('sha256').update(script).digest('base64')}'`

export async function startByForm(
  { relayState, forceAuthn = false }: LoginOptions,
  options: ReadyOptions,
  ledger: Ledger,
): Promise<FormPage> {
  assertRelayState(relayState)
  const target = options.identityProvider.singleSignOn.post ?? noBinding('login', 'POST')
  const requestId = newId()
  const saml = await vendorSaml(options, {
    generateUniqueId: () => requestId,
    forceAuthn,
    entryPoint: target,
    privateKey: options.privateKey().pem,
    publicCert: options.certificate().toString(),
    // The POST binding knows no compression (saml-bindings-2.0-os, 3.5.4).
    skipRequestCompression: true,
  })
  const { SAMLRequest = '' } = await saml.getAuthorizeMessageAsync('', undefined, {})
  const fields = { SAMLRequest: String(SAMLRequest), ...(relayState === undefined ? {} : { RelayState: relayState }) }
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeXml(value)}">`,
  )
  const html = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Login</title></head>
<body><form method="post" action="${escapeXml(target)}">${inputs.join('')}<noscript><button>Continue</button></noscript></form>
<script>${script}</script></body></html>
`
  await ledger.sent(requestId, relayState)
  return { html, scriptHash, requestId }
}

export function noBinding(what: 'login' | 'logout', binding: string): never {
  throw new ConnectorError({
    code: 'unsupported',
    message: `The identity provider has no ${what} URL for the ${binding} binding.`,
  })
}
