import type { S3Client } from '@aws-sdk/client-s3'
import { ConnectorError } from '@casare/core'
import type { ObjectDriver } from '@casare/object-store'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isNamed } from '../errors.ts'
import { checksumsOf, conditionsOf, fieldsOf, infoOf, md5Of } from './attributes.ts'
import { contentMd5 } from './content-md5.ts'
import { unsignedPayload } from './unsigned-payload.ts'
import { sentBody } from './sent-body.ts'

type Driver = ObjectDriver<S3Client>

const commands = () => import('@aws-sdk/client-s3')
const heldBytes = 65_536

/** Where an object lies, as the SDK takes it. */
export function at({ bucket, key, version }: { bucket: string; key: string; version?: string | undefined }) {
  return { Bucket: bucket, Key: key, ...(version === undefined ? {} : { VersionId: version }) }
}

export const head: Driver['head'] = async (client, request, { signal }) => {
  const { HeadObjectCommand } = await commands()
  const answer = await client.send(new HeadObjectCommand(at(request)), { abortSignal: signal })
  return infoOf(request.key, answer.ContentLength ?? 0, answer)
}

export const get: Driver['get'] = async (client, request, { signal, vendor }) => {
  const { GetObjectCommand } = await commands()
  const { range, ifMatch, key } = request
  const last = range?.length === undefined ? '' : range.offset + range.length - 1
  const command = new GetObjectCommand({
    ...(vendor as object | undefined),
    ...at(request),
    ...(range === undefined ? {} : { Range: `bytes=${range.offset}-${last}` }),
    ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }),
  })
  const answer = await client.send(command, { abortSignal: signal })
  const { ContentLength: length = 0, ContentRange } = answer
  const body = answer.Body as unknown as Readable
  if (range !== undefined && Number(/^bytes (\d+)-/.exec(ContentRange ?? 'bytes 0-')?.[1]) !== range.offset) {
    body.destroy()
    throw new ConnectorError({
      code: 'unsupported',
      message: `${request.bucket}/${key}: the store sent other bytes than those from ${range.offset} on that were asked for.`,
    })
  }
  const size = Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? length)
  const expected = md5Of(answer)
  const short = length <= heldBytes ? await whole(body) : undefined
  if (short === undefined) {
    // An abort after the call ends the body, also where nobody reads it any more.
    body.on('error', () => undefined)
    signal.addEventListener('abort', () => body.destroy(signal.reason as Error), { once: true })
  }
  return {
    info: infoOf(key, size, answer),
    offset: range?.offset ?? 0,
    length,
    body: short ?? body,
    verify: expected === undefined ? undefined : { algorithm: 'MD5', expected, hash: md5Hash },
  }
}

/** A short answer is taken in at once: its connection is free for others, also where nobody reads it. */
async function whole(body: Readable): Promise<AsyncIterable<Uint8Array>> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk as Uint8Array)
  return (async function* () {
    yield* chunks
  })()
}

function md5Hash(): { update(chunk: Uint8Array): unknown; digest(): string } {
  const hash = createHash('md5')
  return { update: (chunk) => hash.update(chunk), digest: () => hash.digest('base64') }
}

export const put: Driver['put'] = async (client, request, { signal, vendor }) => {
  const { PutObjectCommand } = await commands()
  const { fields, check } = sentBody(request.body)
  const command = new PutObjectCommand({
    ...(vendor as object | undefined),
    ...at(request),
    ...fieldsOf(request),
    ...conditionsOf(request),
    ...fields,
  })
  if (request.body.bytes !== undefined)
    command.middlewareStack.add(unsignedPayload, { step: 'build', name: 'casareUnsignedPayload' })
  const answer = await client.send(command, { abortSignal: signal })
  try {
    check(answer, `${request.bucket}/${request.key}`)
  } catch (error) {
    await removeDamaged(client, request, answer, signal).catch(() => undefined)
    throw error
  }
  return { etag: answer.ETag ?? '', version: answer.VersionId, checksums: checksumsOf(answer) }
}

/** Only what was stored just now: its version, else the object with its etag. */
async function removeDamaged(
  client: S3Client,
  { bucket, key }: { bucket: string; key: string },
  { VersionId, ETag }: { VersionId?: string | undefined; ETag?: string | undefined },
  abortSignal: AbortSignal,
): Promise<void> {
  const { DeleteObjectCommand } = await commands()
  const which = VersionId === undefined ? { IfMatch: ETag } : { VersionId }
  await client.send(new DeleteObjectCommand({ ...at({ bucket, key }), ...which }), { abortSignal })
}

const remove: Driver['delete'] = async (client, request, { signal }) => {
  const { DeleteObjectCommand } = await commands()
  const { ifMatch } = request
  const command = new DeleteObjectCommand({ ...at(request), ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }) })
  await client.send(command, { abortSignal: signal }).catch((error: unknown) => {
    if (!isNamed(error, 'NoSuchKey')) throw error
  })
}
export { remove as delete }

export const deleteMany: Driver['deleteMany'] = async (client, bucket, keys, { signal }) => {
  const { DeleteObjectsCommand } = await commands()
  const command = new DeleteObjectsCommand({
    Bucket: bucket,
    Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true },
  })
  // Stores that speak an older S3 want it.
  command.middlewareStack.add(contentMd5, { step: 'build', name: 'casareContentMd5' })
  const { Errors = [] } = await client.send(command, { abortSignal: signal })
  return Errors.filter(({ Code }) => Code !== 'NoSuchKey').map(({ Key = '', Code = 'InternalError', Message }) => ({
    key: Key,
    error: Object.assign(new Error(Message ?? Code), { name: Code, $fault: 'client' as const, $metadata: {} }),
  }))
}

export const sign: Driver['sign'] = async (client, request) => {
  const { signedUrl } = await import('./signed-url.ts')
  return signedUrl(client, request)
}

export type SignRequest = Parameters<Driver['sign']>[1]
