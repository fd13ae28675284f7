import { S3Client } from '@aws-sdk/client-s3'
import { s3 } from '@casare/aws-s3'
import { azureBlob } from '@casare/azure-blob'
import { ConnectionStore, FolderStore } from '@casare/transfer'

/** A server of this run: `url` carries the keys. */
export type Urls = Readonly<Record<'s3' | 'azure', string>>

/** The emulator's well-known account (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
export const azureAccount = 'devstoreaccount1'
export const azureKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/** Address and keys of the S3 server. */
export function s3Settings(url: string) {
  const { username, password, origin } = new URL(url)
  return { endpoint: origin, accessKeyId: username || 'any', secretAccessKey: password || 'any' }
}

/** Address of the blobs; the emulator's URL is that of its queues, with the port of the blobs as its fragment. */
export function azureEndpoint(url: string): string {
  const endpoint = new URL(url)
  const port = new URLSearchParams(endpoint.hash.slice(1)).get('blob')
  endpoint.hash = ''
  if (port !== null) endpoint.port = port
  return endpoint.href
}

/** Our connection to the S3 server. */
export function connectS3(url: string) {
  const { endpoint, accessKeyId, secretAccessKey } = s3Settings(url)
  const credentials = { kind: 'static', accessKeyId, secretAccessKey } as const
  return s3({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials })
}

/** The SDK's client for the S3 server, with its own defaults. */
export function bareS3(url: string): S3Client {
  const { endpoint, ...credentials } = s3Settings(url)
  return new S3Client({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials })
}

/** Our connection to the Azure server. */
export function connectAzure(url: string) {
  return azureBlob({ endpoint: azureEndpoint(url), credentials: { kind: 'accountKey', accountKey: azureKey } })
}

/** Places as rclone writes them: `s3:bucket/prefix`, `az:container/prefix`, or a folder; with what is to be closed. */
export function storeAt(urls: Urls, place: string) {
  const [, kind, bucket = '', prefix = ''] = /^(s3|az):([^/]+)\/?(.*)$/.exec(place) ?? []
  if (kind === undefined) return { store: new FolderStore(place), close: () => Promise.resolve() }
  const connection = kind === 's3' ? connectS3(urls.s3) : connectAzure(urls.azure)
  const below = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  return { store: new ConnectionStore(place, connection, bucket, below), close: () => connection.close() }
}
