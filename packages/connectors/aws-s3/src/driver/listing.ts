import type { S3Client } from '@aws-sdk/client-s3'
import type { ObjectDriver } from '@casare/object-store'

type Driver = ObjectDriver<S3Client>

/** Keys come percent-encoded: XML cannot carry all that they may hold. */
export function decoded(key = ''): string {
  return decodeURIComponent(key.replaceAll('+', '%20'))
}

export const list: Driver['list'] = async (client, request, { signal }) => {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3')
  const { bucket, prefix, delimiter, position, maxRecords } = request
  const command = new ListObjectsV2Command({
    Bucket: bucket,
    EncodingType: 'url',
    MaxKeys: maxRecords,
    ...(prefix === undefined ? {} : { Prefix: prefix }),
    ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
    ...(position?.token === undefined ? {} : { ContinuationToken: position.token }),
    ...(position?.after === undefined || position.token !== undefined ? {} : { StartAfter: position.after }),
  })
  const answer = await client.send(command, { abortSignal: signal })
  const { Contents = [], CommonPrefixes = [], NextContinuationToken: next } = answer
  return {
    objects: Contents.map(({ Key, Size = 0, ETag = '', LastModified, StorageClass }) => ({
      key: decoded(Key),
      size: Size,
      etag: ETag,
      lastModified: (LastModified ?? new Date(0)).toISOString(),
      ...(StorageClass === undefined ? {} : { storageClass: StorageClass }),
    })),
    prefixes: CommonPrefixes.map(({ Prefix }) => decoded(Prefix)),
    ...(next === undefined || next === '' ? {} : { next: { token: next } }),
  }
}
