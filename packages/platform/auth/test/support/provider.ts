import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Provider, { errors, type Configuration } from 'oidc-provider'

/** A certified authorization server (https://github.com/panva/node-oidc-provider) on this machine, with what tests want to know. */
export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
  readonly redirectUri: string
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

/** @param options.accessTokenS life of access tokens in seconds, default 60. */
export async function startProvider(
  options: { readonly accessTokenS?: number; readonly port?: number } = {},
): Promise<TestProvider> {
  const { accessTokenS = 60, port = 0 } = options
  const redirectUri = 'http://127.0.0.1/callback'
  const pair = await generateKeyPair('ES256', { extractable: true })
  const publicKey: JWK = { ...(await exportJWK(pair.publicKey)), use: 'sig', kid: 'c1', alg: 'ES256' }
  const clientKey = JSON.stringify({ ...(await exportJWK(pair.privateKey)), kid: 'c1', alg: 'ES256' })
  const signing = await generateKeyPair('RS256', { extractable: true })
  const signingKey: JWK = { ...(await exportJWK(signing.privateKey)), use: 'sig', kid: 's1', alg: 'RS256' }
  const state = { delayMs: 0, intercept: undefined as TestProvider['intercept'] }
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
  const server = createServer((request, response) => {
    if (state.intercept?.(request, response) === true) return
    if (request.url !== '/token' || state.delayMs === 0) return handler(request, response)
    // Who goes away while it waits was never heard.
    const timer = setTimeout(() => handler(request, response), state.delayMs)
    response.once('close', () => clearTimeout(timer))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = quietly(() => new Provider(issuer, configuration(redirectUri, publicKey, signingKey, accessTokenS)))
  addGrants(provider)
  const counted: { grants: string[]; refusals: string[] } = { grants: [], refusals: [] }
  provider.on('grant.success', (context) => void counted.grants.push(String(context.oidc.params?.['grant_type'])))
  provider.on('grant.error', (_context, error) => void counted.refusals.push(error.message))
  handler = provider.callback()
  return {
    issuer,
    redirectUri,
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

function configuration(redirectUri: string, publicKey: JWK, signingKey: JWK, accessTokenS: number): Configuration {
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
        jwks: { keys: [publicKey as never] },
        ...native,
      },
      { client_id: 'public', token_endpoint_auth_method: 'none', ...native, grant_types: grants.slice(1) },
    ],
    jwks: { keys: [signingKey as never] },
    features: {
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: true },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read write',
          audience: 'https://api.example',
          accessTokenFormat: 'jwt',
          accessTokenTTL: accessTokenS,
          jwt: { sign: { alg: 'RS256' } },
        }),
        defaultResource: () => undefined as never,
        useGrantedResource: () => true,
      },
    },
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
    const token = new provider.ClientCredentials({ client, scope: String(params['scope'] ?? 'read') } as never)
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
