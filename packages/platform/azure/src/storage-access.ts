import type { TokenCredential } from '@azure/identity'
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { StorageSharedKeyCredential } from '@azure/storage-common'
import { assertTransport, invalidInput, type OpenContext } from '@casare/core'
import type { Agent } from 'node:http'
import { createAgent } from './agent.ts'
import { parseConnectionString } from './connection-string.ts'
import type { AzureSettings } from './settings.ts'
import { tokenCredential } from './token-credential.ts'

/** What access is made from, beside the settings: a connector hands its `OpenContext` on. */
export type AzureOpenContext = Pick<OpenContext, 'tls' | 'pool' | 'timeouts' | 'redactor' | 'event'>

/** Options for the constructor of `QueueServiceClient` or `BlobServiceClient`. */
export interface AzureClientOptions {
  readonly retryOptions: { readonly maxTries: 1 }
  readonly redirectOptions: { readonly maxRetries: 0 }
  readonly agent: Agent
}

/**
 * How to reach a storage service. Clients of the SDK share one HTTP client per process unless they are given another:
 * `new QueueServiceClient(access.url, Object.assign(newPipeline(access.credential, access.options), access.ownHttpClient))`.
 */
export interface AzureStorageAccess {
  /** With the shared access signature, where that is the credential: a secret then. */
  readonly url: string
  readonly credential: StorageSharedKeyCredential | TokenCredential | undefined
  /** Where the account's key is known: shared access signatures can be signed with it. */
  readonly sharedKey: StorageSharedKeyCredential | undefined
  readonly options: AzureClientOptions
  /** Assigned to the pipeline of a client, keeps its HTTP client from being that of all others. */
  readonly ownHttpClient: { readonly _coreHttpClient: HttpClient }
  /** Ends the connections. */
  destroy(): void
}

/**
 * Where a storage service is and who we are there; the SDK's retries and redirects are off.
 * @throws `invalid_input` where the settings name no account, or a place that is neither encrypted nor on this machine.
 */
export async function azureStorageAccess(
  settings: AzureSettings,
  context: AzureOpenContext,
  service: 'blob' | 'queue',
): Promise<AzureStorageAccess> {
  const { credentials } = settings
  const { redactor, tls, event } = context
  const given =
    credentials.kind === 'connectionString'
      ? parseConnectionString(credentials.connectionString.reveal(), service)
      : undefined
  const url = endpointOf(settings, given?.endpoint, service)
  assertTransport({ host: url.hostname, secure: url.protocol === 'https:', tls, event })

  const accountKey = credentials.kind === 'accountKey' ? credentials.accountKey.reveal() : given?.accountKey
  const sas = credentials.kind === 'sas' ? credentials.token.reveal() : given?.sas
  const sharedKey =
    accountKey === undefined ? undefined : await keyOf(given?.account ?? settings.account ?? accountIn(url), accountKey)
  if (accountKey !== undefined) redactor.add(accountKey)
  if (sas !== undefined) {
    for (const [name, value] of new URLSearchParams(sas.replace(/^\?/, ''))) {
      url.searchParams.set(name, value)
      if (name === 'sig') redactor.add(value)
    }
  }
  const credential =
    sharedKey ??
    (credentials.kind === 'connectionString' || credentials.kind === 'accountKey' || credentials.kind === 'sas'
      ? undefined
      : await tokenCredential(credentials, redactor))
  const { createDefaultHttpClient } = await import('@azure/core-rest-pipeline')
  const agent = await createAgent(url.protocol === 'https:', context)
  return {
    url: url.href,
    credential,
    sharedKey,
    options: { retryOptions: { maxTries: 1 }, redirectOptions: { maxRetries: 0 }, agent },
    ownHttpClient: { _coreHttpClient: createDefaultHttpClient() },
    destroy() {
      agent.destroy()
    },
  }
}

function endpointOf({ account, endpoint }: AzureSettings, inString: string | undefined, service: string): URL {
  const found =
    endpoint ?? inString ?? (account === undefined ? undefined : `https://${account}.${service}.core.windows.net`)
  if (found === undefined) throw invalidInput('The config names no storage account: set account, or endpoint.')
  return new URL(found)
}

/** `https://ACCOUNT.queue.core.windows.net`, or an emulator's `http://127.0.0.1:10001/ACCOUNT`. */
function accountIn(url: URL): string {
  const inPath = url.pathname.split('/').find((part) => part !== '')
  return inPath ?? url.hostname.split('.')[0] ?? ''
}

async function keyOf(account: string, accountKey: string): Promise<StorageSharedKeyCredential> {
  const { StorageSharedKeyCredential } = await import('@azure/storage-common')
  return new StorageSharedKeyCredential(account, accountKey)
}
