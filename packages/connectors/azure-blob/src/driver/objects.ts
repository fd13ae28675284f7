import { ConnectorError, invalidInput } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'
import { createHash } from 'node:crypto'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { containerAt } from './container-at.ts'
import { toError } from '../errors.ts'
import { checksumsOf, headersOf, infoOf, quoted, writeOptions } from './attributes.ts'
import { sentBody } from './sent-body.ts'

type Driver = ObjectDriver<AzureBlobClient>

const deletesAtOnce = 32

/**
 * A blob, or a version of it.
 * @throws `invalid_input` for names that are resolved like paths on their way, to another blob or out of the container
 */
export function blobAt(client: AzureBlobClient, bucket: string, key: string, version?: string) {
  if (/(^|\/)\.\.?(\/|$)/.test(key) || key.includes('\\'))
    throw invalidInput(
      `Azure cannot keep a blob named ${JSON.stringify(key)}: "." and ".." between slashes are resolved, "\\" becomes "/".`,
    )
  const blob = containerAt(client, bucket).getBlockBlobClient(key)
  return version === undefined ? blob : blob.withVersion(version).getBlockBlobClient()
}

export const head: Driver['head'] = async (client, { bucket, key, version }, { signal }) => {
  const facts = await blobAt(client, bucket, key, version).getProperties({ abortSignal: signal })
  return infoOf(key, facts.contentLength ?? 0, facts, facts.contentMD5)
}

export const get: Driver['get'] = async (client, { bucket, key, version, range, ifMatch }, { signal }) => {
  const answer = await blobAt(client, bucket, key, version).download(range?.offset ?? 0, range?.length, {
    abortSignal: signal,
    // A broken body is resumed by us, with the etag pinned.
    maxRetryRequests: 0,
    ...(ifMatch === undefined ? {} : { conditions: { ifMatch } }),
  })
  const { readableStreamBody, contentLength: length = 0, contentRange } = answer
  // An abort after the call ends the body, also where nobody reads it any more.
  readableStreamBody?.on('error', () => undefined)
  const total = Number(/\/(\d+)$/.exec(contentRange ?? '')?.[1] ?? length)
  if (range !== undefined && range.offset > 0 && range.offset >= total)
    throw invalidInput(`${bucket}/${key} has ${total} bytes: a range cannot begin at byte ${range.offset}.`)
  const md5 = answer.blobContentMD5 ?? (contentRange === undefined ? answer.contentMD5 : undefined)
  const info = infoOf(key, total, answer, md5)
  const { md5: expected } = info.checksums
  return {
    info,
    offset: range?.offset ?? 0,
    length,
    body: (readableStreamBody ?? nothing()) as AsyncIterable<Uint8Array>,
    verify: expected === undefined ? undefined : { algorithm: 'MD5', expected, hash: md5Hash },
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // No bytes.
}

function md5Hash(): { update(chunk: Uint8Array): unknown; digest(): string } {
  const hash = createHash('md5')
  return { update: (chunk) => hash.update(chunk), digest: () => hash.digest('base64') }
}

export const put: Driver['put'] = async (client, request, { signal }) => {
  const { bucket, key, body } = request
  const { body: bytes, before, check } = sentBody(body)
  const blob = blobAt(client, bucket, key)
  const answer = await blob.upload(bytes, body.length, {
    abortSignal: signal,
    blobHTTPHeaders: headersOf(request),
    ...writeOptions(request),
    ...before,
  })
  const md5 = check(answer.contentMD5, `${bucket}/${key}`)
  return { etag: quoted(answer.etag), version: answer.versionId, checksums: checksumsOf(md5) }
}

const remove: Driver['delete'] = async (client, { bucket, key, version, ifMatch }, { signal }) => {
  const conditions = ifMatch === undefined ? {} : { conditions: { ifMatch } }
  try {
    await blobAt(client, bucket, key, version).delete({ abortSignal: signal, ...conditions })
  } catch (error) {
    if ((error as { code?: string }).code !== 'BlobNotFound') throw error
  }
}
export { remove as delete }

export const deleteMany: Driver['deleteMany'] = async (client, bucket, keys, call) => {
  const failed: { key: string; error: unknown }[] = []
  const waiting = keys.values()
  const work = async (): Promise<void> => {
    for (const key of waiting) {
      try {
        await remove(client, { bucket, key }, call)
      } catch (error) {
        // A missing container, wrong credentials: about all of them.
        if (toError(error)?.code !== 'permission_denied') throw error
        failed.push({ key, error })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(deletesAtOnce, keys.length) }, work))
  return failed
}

/**
 * The service copies by itself, in one go or over time; we wait for its end. Properties cannot be set by a copy: where
 * attributes are given they follow it, so that for a moment the copy has those of its source.
 */
export const copy: Driver['copy'] = async (client, request, { signal }) => {
  const { bucket, key, source, attributes } = request
  const from = blobAt(client, source.bucket, source.key, source.version)
  const to = blobAt(client, bucket, key)
  const { conditions, tier } = writeOptions({ ...request, ...attributes })
  const poller = await to.beginCopyFromURL(from.url, {
    abortSignal: signal,
    intervalInMs: 500,
    conditions,
    ...(source.ifMatch === undefined ? {} : { sourceConditions: { ifMatch: source.ifMatch } }),
    ...(attributes?.metadata === undefined ? {} : { metadata: { ...attributes.metadata } }),
    ...(tier === undefined ? {} : { tier }),
  })
  const { etag, versionId, copyStatus } = await poller.pollUntilDone()
  if (copyStatus !== 'success')
    throw new ConnectorError({
      code: 'unavailable',
      message: `Azure Blob Storage did not copy ${source.bucket}/${source.key}: the copy ended as "${String(copyStatus)}".`,
    })
  if (attributes === undefined) return { etag: quoted(etag), version: versionId }
  const only = { abortSignal: signal, conditions: { ifMatch: etag ?? '' } }
  let last = await to.setHTTPHeaders(headersOf(attributes), only)
  // A copy without metadata takes those of its source.
  if (Object.keys(attributes.metadata ?? {}).length === 0)
    last = await to.setMetadata({}, { abortSignal: signal, conditions: { ifMatch: last.etag ?? '' } })
  return { etag: quoted(last.etag), version: versionId }
}

export const sign: Driver['sign'] = async (client, request, call) => {
  const { signedUrl } = await import('./signed-url.ts')
  return signedUrl(client, request, call)
}

export type SignRequest = Parameters<Driver['sign']>[1]
