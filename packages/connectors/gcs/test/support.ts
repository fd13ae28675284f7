import { randomBytes } from 'node:crypto'
import { googleCloudStorage, type Config, type GoogleCloudStorage, type Peer, type Target } from '@casare/testing'

/** Without a server of Google's there is a simulator that Google's own client has proven. */
export const peer: Peer = {
  name: 'a simulator that @google-cloud/storage proves',
  version: 'of this repository',
  kind: 'simulator',
}

/** A simulator of a test's own, and the settings to reach it. */
export interface Storage extends Target {
  readonly config: Config
  readonly simulator: GoogleCloudStorage
  close(): Promise<void>
}

export const bucketName = (): string => `casare-test-${randomBytes(6).toString('hex')}`

/** Settings of a connection to a simulator, with the key of its service account. */
export function configOf({ url, projectId, serviceAccount }: GoogleCloudStorage, endpoint = url) {
  return {
    projectId,
    endpoint,
    tokenEndpoint: serviceAccount.token_uri,
    credentials: {
      kind: 'serviceAccount' as const,
      clientEmail: serviceAccount.client_email,
      privateKey: serviceAccount.private_key,
    },
  }
}

export async function storage(): Promise<Storage> {
  const simulator = await googleCloudStorage()
  return {
    simulator,
    config: configOf(simulator),
    address: { host: '127.0.0.1', port: simulator.port },
    close: () => simulator.close(),
  }
}

/** Past the connector: the JSON API, plainly. */
export async function admin(
  simulator: GoogleCloudStorage,
  method: string,
  path: string,
  body?: string,
): Promise<Response> {
  const headers = { authorization: `Bearer ${simulator.issueToken()}` }
  const answer = await fetch(`${simulator.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer
}

export async function putText(simulator: GoogleCloudStorage, bucket: string, key: string, text = 'x'): Promise<void> {
  const query = new URLSearchParams({ uploadType: 'media', name: key })
  await admin(simulator, 'POST', `/upload/storage/v1/b/${bucket}/o?${query.toString()}`, text)
}
