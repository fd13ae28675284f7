import { X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createAuthority, createCertificate } from '@casare/testing'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { errors, type Configuration } from 'oidc-provider'

/** A certified authorization server (https://github.com/panva/node-oidc-provider) on this machine, with what tests want to know. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
  readonly redirectUri: string
  /** What to trust, and what the client `mtls` shows, where it speaks TLS. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string }
  /** Private key of the client `signed`, as JWK text. */
  readonly clientKey: string
  /** What its token endpoint was asked for, by grant; and the errors it gave. */
  readonly grants: string[]
  readonly refusals: string[]
  /** Every answer of the token endpoint waits so long before it is worked on. */
  delayMs: number
  /** Answers instead of the provider, where it says so. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly server: Server
  /** Walks through the login and consent pages as a browser would; the address that it ends at. */
  login(url: string, account?: string): Promise<string>
}

// Jest runs tests in a realm of their own, whose plain objects Node's clone makes those of another: the provider refuses them.
globalThis.structuredClone = ((value: unknown) => JSON.parse(JSON.stringify(value)) as unknown) as never

const grants = [
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:jwt-bearer',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

/**
 * @param options.accessTokenS life of access tokens in seconds, default 60.
 * @param options.tls speaks TLS, and knows the client `mtls` by its certificate.
 */
export async function startProvider(
  options: { readonly accessTokenS?: number; readonly tls?: boolean } = {},
): Promise<TestProvider> {
  const { accessTokenS = 60, tls = false } = options
  const redirectUri = 'http://127.0.0.1/callback'
  const pair = await generateKeyPair('ES256', { extractable: true })
  const publicKey: JWK = { ...(await exportJWK(pair.publicKey)), use: 'sig', kid: 'c1', alg: 'ES256' }
  const clientKey = JSON.stringify({ ...(await exportJWK(pair.privateKey)), kid: 'c1', alg: 'ES256' })
  const signing = await generateKeyPair('RS256', { extractable: true })
  const signingKey: JWK = { ...(await exportJWK(signing.privateKey)), use: 'sig', kid: 's1', alg: 'RS256' }
  const state = { delayMs: 0, intercept: undefined as TestProvider['intercept'] }
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
  const authority = createAuthority('Authority of the provider')
  const own = createCertificate(authority, { names: ['localhost'] })
  const client = createCertificate(authority, { names: ['client.example'] })
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (state.intercept?.(request, response) === true) return
    if (request.url !== '/token' || state.delayMs === 0) return handler(request, response)
    // Who goes away while it waits was never heard.
    const timer = setTimeout(() => handler(request, response), state.delayMs)
    response.once('close', () => clearTimeout(timer))
  }
  const server = tls
    ? createTlsServer({ ...own, requestCert: true, rejectUnauthorized: false }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const issuer = tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`
  const keys = [publicKey, await certified(client.cert)] as const
  const provider = quietly(() => new Provider(issuer, configuration(redirectUri, keys, signingKey, accessTokenS)))
  addGrants(provider)
  const counted: { grants: string[]; refusals: string[] } = { grants: [], refusals: [] }
  provider.on('grant.success', (context) => void counted.grants.push(String(context.oidc.params?.['grant_type'])))
  provider.on('grant.error', (_context, error) => void counted.refusals.push(error.message))
  const answer = provider.callback()
  handler = (request, response) => void answer(request, response)
  return {
    issuer,
    redirectUri,
    tls: { ca: authority.cert, ...client },
    clientKey,
    grants: counted.grants,
    refusals: counted.refusals,
    server,
    get delayMs() {
      return state.delayMs
    },
    set delayMs(value) {
      state.delayMs = value
    },
    get intercept() {
      return state.intercept
    },
    set intercept(value) {
      state.intercept = value
    },
    login: (url, account = 'söme-user') => walk(url, account),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A certificate as a client's key set holds it (RFC 8705, 2.2.2). */
async function certified(pem: string): Promise<JWK> {
  const certificate = new X509Certificate(pem)
  return { ...(await exportJWK(certificate.publicKey)), use: 'sig', x5c: [certificate.raw.toString('base64')] }
}

/** It warns of being a server for tests, which it is. */
function quietly<Result>(make: () => Result): Result {
  const { warn, info } = console
  console.warn = console.info = () => undefined
  try {
    return make()
  } finally {
    Object.assign(console, { warn, info })
  }
}

function configuration(
  redirectUri: string,
  [publicKey, certificate]: readonly [JWK, JWK],
  signingKey: JWK,
  accessTokenS: number,
): Configuration {
  const common = { grant_types: grants, redirect_uris: [redirectUri], response_types: ['code' as const] }
  const native = { ...common, application_type: 'native' as const }
  return {
    clients: [
      { client_id: 'basic', client_secret: 'basic:secret/+=% &', ...native },
      {
        client_id: 'post',
        client_secret: 'post-secret-1',
        scope: 'read',
        token_endpoint_auth_method: 'client_secret_post',
        ...native,
      },
      {
        client_id: 'signed',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicKey] },
        ...native,
      },
      {
        client_id: 'mtls',
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        jwks: { keys: [certificate] },
        tls_client_certificate_bound_access_tokens: true,
        ...native,
      },
      { client_id: 'public', token_endpoint_auth_method: 'none', ...native, grant_types: grants.slice(1) },
    ],
    jwks: { keys: [signingKey] },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (context) => {
          const { raw } = (context.socket as TLSSocket).getPeerCertificate?.() ?? {}
          return raw === undefined ? undefined : new X509Certificate(raw).toString()
        },
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          audience: 'https://api.example',
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenS,
          jwt: { sign: { alg: 'RS256' } },
        }),
        defaultResource: () => undefined,
        useGrantedResource: () => true,
      },
    },
    clientAuthMethods: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'none',
      'self_signed_tls_client_auth',
    ],
    scopes: ['openid', 'offline_access', 'read', 'write'],
    ttl: {
      Interaction: 600,
      Session: 600,
      Grant: 86_400,
      IdToken: 600,
      AccessToken: accessTokenS,
      ClientCredentials: accessTokenS,
      RefreshToken: 86_400,
      DeviceCode: 60,
    },
    rotateRefreshToken: true,
    issueRefreshToken: () => Promise.resolve(true),
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ['not a secret of anybody'] },
    pkce: { required: () => true },
  }
}

/** Grants that this server does not bring: what it accepts is for tests, the protocol around it is its own. */
function addGrants(provider: Provider): void {
  const issue = async (context: Parameters<Parameters<Provider['registerGrantType']>[1]>[0]): Promise<void> => {
    const { client } = context.oidc
    const params: Readonly<Record<string, unknown>> = context.oidc.params ?? {}
    const assertion = params['assertion'] ?? params['subject_token']
    if (typeof assertion !== 'string' || client === undefined) throw new errors.InvalidGrant('no assertion')
    const token = new provider.ClientCredentials({
      client,
      scope: typeof params['scope'] === 'string' ? params['scope'] : 'read',
    })
    const value = await token.save()
    context.body = {
      access_token: value,
      expires_in: token.expiration,
      token_type: 'Bearer',
      scope: 'read',
      ...(params['subject_token'] === undefined
        ? {}
        : { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
    }
  }
  provider.registerGrantType('urn:ietf:params:oauth:grant-type:jwt-bearer', issue, ['assertion', 'scope'])
  provider.registerGrantType('urn:ietf:params:oauth:grant-type:token-exchange', issue, [
    ...['subject_token', 'subject_token_type', 'requested_token_type', 'scope', 'actor_token', 'actor_token_type'],
  ])
}

/** A browser of a few lines: cookies, redirects, and the provider's own forms for login and consent. */
async function walk(start: string, account: string): Promise<string> {
  const jar = new Map<string, string>()
  let url = start
  let form: URLSearchParams | undefined
  for (let step = 0; step < 20; step += 1) {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    form = undefined
    const location = response.headers.get('location')
    if (location !== null) {
      url = new URL(location, url).href
      if (url.startsWith('http://127.0.0.1/callback') || new URL(url).pathname === '/callback') return url
      continue
    }
    const html = await response.text()
    const action = /<form[^>]*action="([^"]+)"/.exec(html)?.[1]
    if (action === undefined) return html
    url = new URL(action.replaceAll('&amp;', '&'), url).href
    form = new URLSearchParams()
    for (const [, name = '', value = ''] of html.matchAll(/<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g))
      form.set(name, value)
    if (html.includes('name="login"')) {
      form.set('prompt', 'login')
      form.set('login', account)
      form.set('password', 'any')
    }
  }
  throw new Error(`The login did not come to an end: ${url}`)
}
