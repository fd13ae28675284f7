import type { ObjectDriver, Upload, UploadedPart } from '@casare/object-store'
import { randomBytes } from 'node:crypto'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { containerAt } from './container-at.ts'
import { checksumsOf, headersOf, quoted, writeOptions } from './attributes.ts'
import { firstPage } from './listing.ts'
import { blobAt } from './objects.ts'
import { sentBody } from './sent-body.ts'

type Driver = ObjectDriver<AzureBlobClient>

/**
 * Azure knows no uploads, only blocks that are not committed yet. An upload is what its blocks' ids begin with; ids of one
 * blob must all have the same length (https://learn.microsoft.com/rest/api/storageservices/put-block).
 */
const uploadIdLength = 16
const idPattern = /^([0-9a-f]{16})-(\d{6})$/

function blockId(upload: Upload, number: number): string {
  return Buffer.from(`${upload.uploadId}-${String(number).padStart(6, '0')}`).toString('base64')
}

function parsedId(id: string): { uploadId: string; number: number } | undefined {
  const [, uploadId, number] = idPattern.exec(Buffer.from(id, 'base64').toString()) ?? []
  return uploadId === undefined ? undefined : { uploadId, number: Number(number) }
}

export const startUpload: Driver['startUpload'] = async (client, { bucket, key }, { signal }) => {
  // Nothing has to be begun; but a missing container is better told now.
  await containerAt(client, bucket).getProperties({ abortSignal: signal })
  return { bucket, key, uploadId: randomBytes(uploadIdLength / 2).toString('hex') }
}

export const uploadPart: Driver['uploadPart'] = async (client, { upload, number, body }, { signal }) => {
  const { body: bytes, before, check } = sentBody(body)
  const id = blockId(upload, number)
  const blob = blobAt(client, upload.bucket, upload.key)
  const answer = await blob.stageBlock(id, bytes, body.length, { abortSignal: signal, ...before })
  check(answer.contentMD5, `Part ${number} of ${upload.bucket}/${upload.key}`)
  return { number, size: body.length, etag: id }
}

/** Nothing sent yet, given up and committed look the same: there are no blocks. */
export const listParts: Driver['listParts'] = async (client, upload, { signal }) => {
  const blocks = await uncommitted(client, upload, signal)
  return blocks
    .flatMap(({ name, size }): UploadedPart[] => {
      const id = parsedId(name)
      return id?.uploadId === upload.uploadId ? [{ number: id.number, size, etag: name }] : []
    })
    .toSorted((one, other) => one.number - other.number)
}

async function uncommitted(
  client: AzureBlobClient,
  { bucket, key }: { bucket: string; key: string },
  signal: AbortSignal,
): Promise<readonly { name: string; size: number }[]> {
  try {
    const { uncommittedBlocks = [] } = await blobAt(client, bucket, key).getBlockList('uncommitted', {
      abortSignal: signal,
    })
    return uncommittedBlocks
  } catch (error) {
    if ((error as { code?: string }).code === 'BlobNotFound') return []
    throw error
  }
}

export const completeUpload: Driver['completeUpload'] = async (client, request, { signal }) => {
  const { upload, parts } = request
  const ids = parts.map(({ number }) => blockId(upload, number))
  const answer = await blobAt(client, upload.bucket, upload.key).commitBlockList(ids, {
    abortSignal: signal,
    blobHTTPHeaders: headersOf(request),
    ...writeOptions(request),
  })
  return { etag: quoted(answer.etag), version: answer.versionId, checksums: checksumsOf(undefined) }
}

/**
 * Blocks cannot be deleted; they go with the next commit, or after a week. Where the blob does not exist and all blocks are
 * of this upload, an empty blob is committed and deleted at once. Elsewhere they are left to the week.
 */
export const abortUpload: Driver['abortUpload'] = async (client, upload, { signal }) => {
  const blocks = await uncommitted(client, upload, signal)
  const mine = blocks.filter(({ name }) => parsedId(name)?.uploadId === upload.uploadId)
  if (mine.length === 0 || mine.length < blocks.length) return
  const blob = blobAt(client, upload.bucket, upload.key)
  try {
    const { etag = '' } = await blob.commitBlockList([], { abortSignal: signal, conditions: { ifNoneMatch: '*' } })
    await blob.delete({ abortSignal: signal, conditions: { ifMatch: etag } })
  } catch (error) {
    const { statusCode } = error as { statusCode?: number }
    // Somebody has committed a blob there.
    if (statusCode !== 409 && statusCode !== 412) throw error
  }
}

/** Blobs that have nothing but uncommitted blocks. Uploads over a blob that exists are not listed by the service. */
export const listUploads: Driver['listUploads'] = async (
  client,
  { bucket, prefix, position, maxRecords },
  { signal },
) => {
  const container = containerAt(client, bucket)
  const options = {
    abortSignal: signal,
    includeUncommitedBlobs: true,
    ...(prefix === undefined ? {} : { prefix }),
  }
  const token = position?.token
  const page = { maxPageSize: maxRecords, ...(token === undefined ? {} : { continuationToken: token }) }
  const { segment, continuationToken: next } = await firstPage(container.listBlobsFlat(options).byPage(page))
  const uploads: { key: string; uploadId: string }[] = []
  // An uncommitted blob has no bytes; whether it has blocks has to be asked one by one.
  for (const { name: key, properties } of segment.blobItems) {
    if ((properties.contentLength ?? 0) > 0) continue
    const ids = new Set<string>()
    for (const { name } of await uncommitted(client, { bucket, key }, signal)) {
      const id = parsedId(name)
      if (id !== undefined) ids.add(id.uploadId)
    }
    for (const uploadId of ids) uploads.push({ key, uploadId })
  }
  return { uploads, ...(next === undefined || next === '' ? {} : { next: { token: next } }) }
}
