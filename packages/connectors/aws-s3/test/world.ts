import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type MultipartUpload,
} from '@aws-sdk/client-s3'
import { faultProxy, type FaultProxy, type Target } from '@casare/testing'
import { anonymousFront } from './anonymous-front.ts'
import { storageAt, type Storage } from './support.ts'

/** A bucket with an object in it, behind a proxy that cuts, and beside a way in without rights. */
export interface World extends Storage {
  readonly proxy: FaultProxy
  readonly anonymous: string
  put(key: string, bucket?: string): Promise<unknown>
  remove(key: string): Promise<unknown>
  /** An upload in parts that nobody finishes. */
  begin(key: string): Promise<unknown>
  /** Gives up the first of the uploads that are listed. */
  abortFirst(): Promise<unknown>
  /** Empties the bucket. */
  empty(): Promise<void>
}

export const worldOf = (target: Target): World => target as World

/** The settings of a connection, at another address. */
export const at = (
  { config }: Target,
  { host, port, secure }: { readonly host: string; readonly port: number; readonly secure: boolean },
) => ({
  ...config,
  endpoint: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
})

/** Opens the bucket, which is made where it is not there; what is in it goes at the end. */
export async function worldAt(url: string, bucket: string): Promise<World> {
  const storage = storageAt(url)
  const { admin } = storage
  const proxy = await faultProxy(storage.address as { host: string; port: number })
  const anonymous = await anonymousFront(url)
  const uploads = async () => (await admin.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []
  const abort = ({ Key, UploadId }: MultipartUpload = {}) =>
    admin.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
  const world: World = {
    ...storage,
    proxy,
    anonymous: anonymous.endpoint,
    config: at(storage, { host: '127.0.0.1', port: proxy.port, secure: false }),
    put: (key, Bucket = bucket) => admin.send(new PutObjectCommand({ Bucket, Key: key, Body: 'there' })),
    remove: (Key) => admin.send(new DeleteObjectCommand({ Bucket: bucket, Key })),
    begin: (Key) => admin.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key })),
    abortFirst: async () => abort((await uploads())[0]),
    async empty() {
      const { Contents = [] } = await admin.send(new ListObjectsV2Command({ Bucket: bucket }))
      for (const { Key = '' } of Contents) await world.remove(Key)
      for (const one of await uploads()) await abort(one)
    },
    async close() {
      await world.empty()
      await admin.send(new DeleteBucketCommand({ Bucket: `${bucket}-new` })).catch(() => undefined)
      await storage.close?.()
      await proxy.close()
      await anonymous.close()
    },
  }
  await admin.send(new CreateBucketCommand({ Bucket: bucket }))
  await world.put('there')
  return world
}
