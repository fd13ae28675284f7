import type { AuthClient, GoogleAuth } from 'google-auth-library'
import { invalidInput } from '@casare/core'
import { readFile } from 'node:fs/promises'
import type { ParsedConfig } from '../config.ts'

type Credentials = ParsedConfig['credentials']

/** What access is made from, beside the credentials. */
export interface AuthSettings {
  readonly tokenEndpoint: string | undefined
  readonly projectId: string | undefined
  /** Sends with the limits of the connection. */
  readonly fetch: typeof fetch
}

const scope = 'https://www.googleapis.com/auth/devstorage.full_control'
/** The library knows one, whatever a key file says. */
const googleTokenEndpoint = 'https://oauth2.googleapis.com/token'

/** The part of a key that signs, too. */
interface AccountKey {
  readonly client_email: string
  readonly private_key: string
}

/** Google's auth library for these credentials; it renews tokens before they end. */
export async function authOf(credentials: Credentials, settings: AuthSettings): Promise<GoogleAuth> {
  const library = await import('google-auth-library')
  const { projectId } = settings
  const scopes = [scope]
  const shared = { scopes, ...(projectId === undefined ? {} : { projectId }) }
  const of = (authClient: AuthClient, key?: AccountKey): GoogleAuth => {
    const auth = new library.GoogleAuth({ ...shared, authClient })
    // Signing needs the key. Said to the constructor, the library warns on the console of the user.
    auth.jsonContent = key ?? null
    return auth
  }
  const transport = { transporterOptions: transportOf(settings) }
  const serviceAccount = (key: AccountKey): GoogleAuth => {
    const { client_email: email, private_key: privateKey } = key
    return of(new library.JWT({ email, key: privateKey, scopes, ...transport }), key)
  }
  const fromContent = (content: Readonly<Record<string, unknown>>, what: string): GoogleAuth => {
    const { type, client_email: email, private_key: privateKey } = content
    if (type === 'service_account' && typeof email === 'string' && typeof privateKey === 'string')
      return serviceAccount({ client_email: email, private_key: privateKey })
    if (type === 'authorized_user') {
      const { client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken } = content
      return of(new library.UserRefreshClient({ ...transport, ...textsOf({ clientId, clientSecret, refreshToken }) }))
    }
    if (type !== 'external_account')
      throw invalidInput(`${what} is neither a key of a service account or user, nor workload identity.`)
    return of(externalClient(library, content))
  }

  switch (credentials.kind) {
    case 'default':
      return new library.GoogleAuth({ ...shared, clientOptions: transport })
    case 'serviceAccount':
      return serviceAccount({ client_email: credentials.clientEmail, private_key: credentials.privateKey.reveal() })
    case 'keyFile':
      return fromContent(await contentOf(credentials.path), credentials.path)
    case 'workloadIdentity':
      return fromContent(credentials.configuration, 'The configuration of workload identity')
    case 'accessToken': {
      const client = new library.OAuth2Client(transport)
      client.setCredentials({ access_token: credentials.token.reveal() })
      return of(client)
    }
    case 'anonymous':
      return of(new library.PassThroughClient())
  }
}

type Library = typeof import('google-auth-library')

/** Which client it takes; each looks at what it needs itself. The library's own choice warns on the console. */
function externalClient(library: Library, content: Readonly<Record<string, unknown>>): AuthClient {
  const { credential_source: source } = content
  const given = { ...content, scopes: [scope] } as unknown
  if (typeof source === 'object' && source !== null && 'environment_id' in source)
    return new library.AwsClient(given as ConstructorParameters<Library['AwsClient']>[0])
  if (typeof source === 'object' && source !== null && 'executable' in source)
    return new library.PluggableAuthClient(given as ConstructorParameters<Library['PluggableAuthClient']>[0])
  return new library.IdentityPoolClient(given as ConstructorParameters<Library['IdentityPoolClient']>[0])
}

function textsOf(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

async function contentOf(path: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'it is no JSON' : ((cause as NodeJS.ErrnoException).code ?? 'unknown')
    throw invalidInput(`The key file ${path} cannot be read: ${why}.`)
  }
}

function transportOf({ tokenEndpoint, fetch: send }: AuthSettings) {
  return {
    // Ours is the only layer that repeats.
    retryConfig: { retry: 0, noResponseRetries: 0 },
    fetchImplementation: (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const toGoogle = address instanceof URL && address.href === googleTokenEndpoint
      return send(toGoogle && tokenEndpoint !== undefined ? tokenEndpoint : address, init)
    },
  }
}
