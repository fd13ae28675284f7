import type { S3Client } from '@aws-sdk/client-s3'
import { ConnectorError, type CallContext } from '@casare/core'
import { withSignal, type ObjectDriver, type ObjectInfo, type StoredObject } from '@casare/object-store'
import { conditionsOf, fieldsOf } from './attributes.ts'
import { maxRequestBytes } from './limits.ts'
import { at, head } from './objects.ts'
import { abortUpload, completeUpload, startUpload } from './uploads.ts'

type CopyRequest = Parameters<ObjectDriver<S3Client>['copy']>[1]

const copyPartBytes = 1024 ** 3
const copiesAtOnce = 8
const abortMs = 10_000

/** Copies on the store's side: by one request up to 5 GiB, else part by part. */
export async function copy(client: S3Client, request: CopyRequest, call: CallContext): Promise<StoredObject> {
  const { CopyObjectCommand } = await import('@aws-sdk/client-s3')
  const { source, attributes } = request
  // One look tells size and etag; with the etag pinned, what is copied is what was looked at.
  const info = await head(client, source, call)
  if (source.ifMatch !== undefined && source.ifMatch !== info.etag)
    throw new ConnectorError({
      code: 'conflict',
      message: `${source.bucket}/${source.key} has another etag than ${source.ifMatch}: it was changed.`,
    })
  if (info.size > maxRequestBytes) return copyParts(client, request, info, call)
  const command = new CopyObjectCommand({
    ...(call.vendor as object | undefined),
    ...at(request),
    ...conditionsOf(request),
    CopySource: sourceText(source),
    CopySourceIfMatch: source.ifMatch ?? info.etag,
    ...(attributes === undefined ? {} : { MetadataDirective: 'REPLACE' as const, ...fieldsOf(attributes) }),
  })
  const { CopyObjectResult, VersionId } = await client.send(command, { abortSignal: call.signal })
  return { etag: CopyObjectResult?.ETag ?? '', version: VersionId }
}

async function copyParts(
  client: S3Client,
  request: CopyRequest,
  info: ObjectInfo,
  call: CallContext,
): Promise<StoredObject> {
  const { UploadPartCopyCommand } = await import('@aws-sdk/client-s3')
  const { bucket, key, source, attributes = info, ifMatch, ifNoneMatch } = request
  const upload = await startUpload(client, { bucket, key, ...attributes }, call)
  try {
    const count = Math.ceil(info.size / copyPartBytes)
    const parts: { number: number; size: number; etag: string }[] = []
    const numbers = Array.from({ length: count }, (_one, index) => index + 1).values()
    const work = async (): Promise<void> => {
      for (const number of numbers) {
        const from = (number - 1) * copyPartBytes
        const to = Math.min(from + copyPartBytes, info.size) - 1
        const command = new UploadPartCopyCommand({
          ...at({ bucket, key }),
          UploadId: upload.uploadId,
          PartNumber: number,
          CopySource: sourceText(source),
          CopySourceIfMatch: source.ifMatch ?? info.etag,
          CopySourceRange: `bytes=${from}-${to}`,
        })
        const { CopyPartResult } = await client.send(command, { abortSignal: call.signal })
        parts.push({ number, size: to - from + 1, etag: CopyPartResult?.ETag ?? '' })
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: copiesAtOnce }, work))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    parts.sort((one, other) => one.number - other.number)
    return await completeUpload(client, { upload, parts, ifMatch, ifNoneMatch }, call)
  } catch (error) {
    // The caller's signal may be the reason: giving up has time of its own.
    await abortUpload(client, upload, withSignal(call, AbortSignal.timeout(abortMs))).catch(() => undefined)
    throw error
  }
}

/** `bucket/key?versionId=…`, percent-encoded. */
function sourceText({ bucket, key, version }: CopyRequest['source']): string {
  const path = [bucket, ...key.split('/')].map(encodeURIComponent).join('/')
  return version === undefined ? path : `${path}?versionId=${encodeURIComponent(version)}`
}
