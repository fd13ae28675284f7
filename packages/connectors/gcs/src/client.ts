import type { GoogleAuth } from 'google-auth-library'
import type { Storage } from '@google-cloud/storage'
import { assertTransport, invalidInput, isError, type CallContext, type OpenContext } from '@casare/core'
import { AccessError } from './access/access-error.ts'
import { authOf, type AuthSettings } from './access/auth.ts'
import { renewToken } from './access/renew-token.ts'
import type { ParsedConfig } from './config.ts'
import { UploadMemory } from './driver/upload-memory.ts'
import type { GcsClient } from './gcs-client.ts'
import { StorageAnswerError } from './transport/answer-error.ts'
import { createAgent, defaultAgent } from './transport/agent.ts'
import { fetchThrough } from './transport/fetch-through.ts'
import { sendJson } from './transport/send-json.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<GcsClient> {
  const { credentials, projectId, tokenEndpoint } = config
  const { tls, event, redactor } = context
  const endpoint = new URL(config.endpoint)
  const places = [endpoint, ...(tokenEndpoint === undefined ? [] : [new URL(tokenEndpoint)])]
  for (const { hostname: host, protocol } of places)
    assertTransport({ host, secure: protocol === 'https:', tls, event })
  const agents = await Promise.all([createAgent(true, context), createAgent(false, context)])
  const [secure, plain] = agents
  const settings: AuthSettings = { tokenEndpoint, projectId, fetch: fetchThrough(secure, plain) }
  const [{ Storage }, auth] = await Promise.all([import('@google-cloud/storage'), authOf(credentials, settings)])
  const sdk = new Storage({
    apiEndpoint: endpoint.origin,
    authClient: auth,
    useAuthWithCustomEndpoint: credentials.kind !== 'anonymous',
    retryOptions: { autoRetry: false, maxRetries: 0 },
    ...(projectId === undefined ? {} : { projectId }),
  })
  // Objects that all clients of a process share.
  Object.assign(sdk, {
    acl: { ...sdk.acl },
    packageJson: structuredClone((sdk as unknown as { packageJson: object }).packageJson),
  })
  return {
    ...clientOf(sdk, auth, endpoint, (token) => redactor.add(token)),
    agent: endpoint.protocol === 'https:' ? secure : plain,
    destroy: () => agents.forEach((agent) => agent.destroy()),
  }
}

/** Takes a client that the user owns, with its credentials. */
export function adopt(sdk: Storage): GcsClient {
  const endpoint = new URL(sdk.apiEndpoint)
  const agent = defaultAgent(endpoint.protocol === 'https:')
  const client = clientOf(sdk, sdk.authClient, endpoint, () => undefined)
  // The client says so itself: an emulator may be given no token.
  const authorize = sdk.customEndpoint && sdk.useAuthWithCustomEndpoint !== true ? async () => ({}) : client.authorize
  return { ...client, agent, authorize, destroy: () => agent.destroy() }
}

function clientOf(
  sdk: Storage,
  auth: GoogleAuth,
  endpoint: URL,
  learned: (token: string) => void,
): Omit<GcsClient, 'agent' | 'destroy'> {
  let known: string | undefined
  return {
    sdk,
    endpoint,
    uploads: new UploadMemory(),
    async authorize() {
      try {
        const headers: Record<string, string> = {}
        for (const [name, value] of await auth.getRequestHeaders()) headers[name] = value
        const token = headers['authorization']?.replace(/^Bearer /, '')
        if (token !== undefined && token !== known) learned(token)
        known = token
        return headers
      } catch (error) {
        throw new AccessError(error)
      }
    },
    renew: () => renewToken(auth),
    async projectId() {
      try {
        return await auth.getProjectId()
      } catch (cause) {
        const told = isError(cause) ? ` (${cause.message.split('\n')[0] ?? ''})` : ''
        throw invalidInput(`The credentials name no project: set projectId in the config of this connection${told}.`)
      }
    },
  }
}

/** Ends all connections. */
export function close(client: GcsClient): void {
  client.destroy()
}

/** Asks for the name of one bucket of the project, where one is known. Who may not ask that is known all the same. */
export async function check(client: GcsClient, { signal }: CallContext): Promise<void> {
  await client.authorize()
  const project = await client.projectId().catch(() => undefined)
  if (project === undefined) return
  const query = { project, maxResults: '1' }
  try {
    await sendJson(client, { method: 'GET', path: '/storage/v1/b', query }, signal)
  } catch (error) {
    if (!(error instanceof StorageAnswerError) || error.status !== 403) throw error
  }
}
