import { ConnectorError, type CallContext } from '@casare/core'
import type { ObjectAddress, ObjectDriver, SizedBytes } from '@casare/object-store'
import { randomBytes } from 'node:crypto'
import { Crc32c, crc32cOf } from '../checksum/crc32c.ts'
import { toError } from '../errors.ts'
import type { GcsClient } from '../gcs-client.ts'
import { StorageAnswerError } from '../transport/answer-error.ts'
import { sendJson } from '../transport/send-json.ts'
import { generationOf, objectPath, uploadPath, versionOf, writeCondition, checkedKey } from './addresses.ts'
import { resourceOf, storedOf, type ObjectResource } from './resource.ts'

type Driver = ObjectDriver<GcsClient>

const deletesAtOnce = 32

/** One request with attributes and bytes (https://cloud.google.com/storage/docs/uploading-objects, "multipart"). */
export const put: Driver['put'] = async (client, request, call) => {
  const { bucket, key, body } = request
  const hash = new Crc32c()
  // Google refuses other bytes than those of this sum; one of a stream is compared afterwards.
  const known = body.bytes === undefined ? {} : { crc32c: crc32cOf(body.bytes) }
  const type = request.contentType ?? 'application/octet-stream'
  const resource = { name: checkedKey(key), ...resourceOf(request), contentType: type, ...known }
  const boundary = `casare-${randomBytes(16).toString('hex')}`
  const made = await sendJson<ObjectResource>(
    client,
    {
      method: 'POST',
      path: uploadPath(bucket),
      query: { uploadType: 'multipart', ifGenerationMatch: writeCondition(request) },
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body: related(boundary, resource, type, body, hash),
    },
    call.signal,
  )
  const sum = known.crc32c ?? hash.digest()
  await checkArrival(client, request, made, sum, true, call)
  return storedOf(made)
}

/** The resource and the bytes as `multipart/related` (RFC 2387). */
function related(boundary: string, resource: object, type: string, body: SizedBytes, hash: Crc32c): SizedBytes {
  const head = Buffer.from(
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n--${boundary}\r\nContent-Type: ${type}\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`)
  const { bytes } = body
  return {
    length: head.byteLength + body.length + tail.byteLength,
    async *open() {
      yield head
      if (bytes !== undefined) yield bytes
      else
        for await (const chunk of body.open()) {
          hash.update(chunk)
          yield chunk
        }
      yield tail
    },
  }
}

/**
 * Takes an object away that is not what was sent.
 * @param again may the same call be repeated with the bytes?
 * @throws `internal` then
 */
export async function checkArrival(
  client: GcsClient,
  { bucket, key }: ObjectAddress,
  made: ObjectResource,
  sum: string,
  again: boolean,
  call: CallContext,
): Promise<void> {
  if (made.crc32c === undefined || made.crc32c === sum) return
  await remove(client, { bucket, key, version: made.generation }, call)
  throw new ConnectorError({
    code: 'internal',
    applied: 'no',
    transient: again,
    message: `${bucket}/${key} arrived damaged at Google Cloud Storage: its CRC32C is another one there. It was deleted.`,
  })
}

const remove: Driver['delete'] = async (client, { bucket, key, version, ifMatch }, { signal }) => {
  const query = {
    generation: versionOf(version),
    ifGenerationMatch: ifMatch === undefined ? undefined : generationOf(ifMatch),
  }
  try {
    await sendJson(client, { method: 'DELETE', path: objectPath(bucket, key), query }, signal)
  } catch (error) {
    if (!isMissingObject(error)) throw error
  }
}
export { remove as delete }

/** Google says 404 of an object and of its bucket; only the words differ. */
function isMissingObject(error: unknown): boolean {
  return error instanceof StorageAnswerError && error.status === 404 && !/bucket does not exist/i.test(error.message)
}

export const deleteMany: Driver['deleteMany'] = async (client, bucket, keys, call) => {
  const failed: { key: string; error: unknown }[] = []
  const waiting = keys.values()
  const work = async (): Promise<void> => {
    for (const key of waiting) {
      try {
        await remove(client, { bucket, key }, call)
      } catch (error) {
        // A missing bucket, wrong credentials: about all of them.
        if (toError(error)?.code !== 'permission_denied') throw error
        failed.push({ key, error })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(deletesAtOnce, keys.length) }, work))
  return failed
}

interface RewriteAnswer {
  readonly done: boolean
  readonly rewriteToken?: string
  readonly resource?: ObjectResource
}

/** Google copies in steps; the token of each leads to the next (https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite). */
export const copy: Driver['copy'] = async (client, request, { signal }) => {
  const { bucket, key, source, attributes } = request
  const path = `${objectPath(source.bucket, source.key)}/rewriteTo${objectPath(bucket, key).slice('/storage/v1'.length)}`
  const query = {
    ifGenerationMatch: writeCondition(request),
    sourceGeneration: versionOf(source.version),
    ifSourceGenerationMatch: source.ifMatch === undefined ? undefined : generationOf(source.ifMatch),
  }
  const json = attributes === undefined ? {} : replacing(resourceOf(attributes))
  let rewriteToken: string | undefined
  for (;;) {
    const sending = { method: 'POST' as const, path, query: { ...query, rewriteToken }, json }
    const answer = await sendJson<RewriteAnswer>(client, sending, signal)
    if (answer.resource !== undefined) return storedOf(answer.resource)
    if (answer.rewriteToken === undefined) throw new Error('a rewrite that is not done has a token')
    rewriteToken = answer.rewriteToken
  }
}

/** Without any attribute the copy would have those of its source: the media type is always said. */
function replacing(resource: Record<string, unknown>): Record<string, unknown> {
  return { contentType: 'application/octet-stream', ...resource }
}

export const sign: Driver['sign'] = async (client, request, call) => {
  const { signedUrl } = await import('./signed-url.ts')
  return signedUrl(client, request, call)
}

export type SignRequest = Parameters<Driver['sign']>[1]
