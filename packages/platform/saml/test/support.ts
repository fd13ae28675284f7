import { randomBytes } from 'node:crypto'
import { expect } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { generate } from 'selfsigned'
import {
  createSamlLogin,
  readIdpMetadata,
  type AttributeMapping,
  type SamlLogin,
  type SamlLoginOptions,
} from '../src/index.ts'
import { Browser, formOf } from './browser.ts'

export const callbackUrl = 'http://127.0.0.1:3000/acs'
export const logoutCallbackUrl = 'http://127.0.0.1:3000/slo'

/** An RSA key and its certificate, PEM. */
export async function makeKeys(): Promise<{ readonly privateKey: string; readonly certificate: string }> {
  const { private: privateKey, cert: certificate } = await generate(
    [{ name: 'commonName', value: 'Test service provider' }],
    {
      keyType: 'rsa',
      keySize: 2048,
      algorithm: 'sha256',
    },
  )
  return { privateKey, certificate }
}

/** A response as the identity provider sent it. */
export interface Posted {
  readonly SAMLResponse: string
  readonly RelayState?: string
}

/** A service provider that the identity provider knows. */
export interface Provider<Mapping extends AttributeMapping = AttributeMapping> {
  readonly login: SamlLogin<Mapping>
  readonly options: SamlLoginOptions<Mapping>
  /** Goes to a URL, logs in there where it is asked to, and answers what is posted to us. */
  logIn(url: string, user?: string, browser?: Browser): Promise<Posted>
  browser(): Browser
}

/** Registers a service provider by its own metadata and makes its logins. */
export async function provide<const Mapping extends AttributeMapping = AttributeMapping>(
  peerUrl: string,
  further: Partial<SamlLoginOptions<Mapping>> = {},
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Provider<Mapping>> {
  const { origin, username, password } = new URL(peerUrl)
  const response = await fetch(`${origin}/saml2/idp/metadata.php`)
  const options: SamlLoginOptions<Mapping> = {
    entityId: `https://casare.example/${randomBytes(6).toString('hex')}`,
    callbackUrl,
    logoutCallbackUrl,
    identityProvider: readIdpMetadata(await response.text()),
    ...(await keys()),
    ...further,
  }
  const login = createSamlLogin<Mapping>(options)
  const registered = await fetch(`${origin}/service-providers/${randomBytes(8).toString('hex')}`, {
    method: 'PUT',
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    body: JSON.stringify({
      metadata: login.metadata(),
      NameIDFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      'simplesaml.nameidattribute': 'email',
      'saml20.sign.response': true,
      'saml20.sign.assertion': true,
      'validate.authnrequest': true,
      'validate.logout': true,
      'sign.logout': true,
      ...settings,
    }),
  })
  expect(registered.status).toBe(204)
  return {
    login,
    options,
    browser: () => new Browser(origin),
    async logIn(url, user = username, browser = new Browser(origin)) {
      let page = await browser.go(url)
      if (page.html.includes('name="password"')) page = await browser.submit(page, { username: user, password })
      return formOf(page.html).fields as unknown as Posted
    },
  }
}

let made: ReturnType<typeof makeKeys> | undefined

/** One pair for all tests of a file: making one takes a while. */
export function keys(): ReturnType<typeof makeKeys> {
  return (made ??= makeKeys())
}

/** The reason a promise is refused for, or `accepted`. */
export async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'accepted'
  } catch (error) {
    if (!ConnectorError.is(error, 'unauthenticated')) throw error
    return error.vendorCode ?? ''
  }
}

export const decode = (response: string): string => Buffer.from(response, 'base64').toString()
export const encode = (xml: string): string => Buffer.from(xml).toString('base64')
