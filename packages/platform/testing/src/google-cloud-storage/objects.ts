import { ApiError, invalid } from './api-error.ts'
import { headerOf, jsonBody, parsedJson, wholeBody, type Call, type Reply } from './call.ts'
import { checkConditions, conditionsOf } from './conditions.ts'
import { mediaReply } from './media.ts'
import { relatedParts } from './multipart.ts'
import { objectResource } from './resources.ts'
import { ArrivingBytes, checkSums, sumsInHeader } from './stored-bytes.ts'
import { attributesOf, type Generation, type Store } from './store.ts'

const mostComposed = 32

/** What was sent of an object beside its bytes; nothing of it is checked yet. */
type Resource = Readonly<Record<string, unknown>> & { readonly md5Hash?: unknown; readonly crc32c?: unknown }

/** `POST /upload/…/o?uploadType=media`: the bytes alone. */
export async function insertMedia(store: Store, call: Call, bucket: string): Promise<Reply> {
  const name = call.query.get('name')
  if (name === null) throw new ApiError(400, 'required', 'Required')
  return insert(store, call, bucket, { name, contentType: headerOf(call, 'content-type') }, call.body)
}

/** `POST /upload/…/o?uploadType=multipart`: the resource, then the bytes. */
export async function insertMultipart(store: Store, call: Call, bucket: string, maxBytes: number): Promise<Reply> {
  const body = await wholeBody(call.body, maxBytes)
  const [resource, media] = relatedParts(headerOf(call, 'content-type') ?? '', body)
  const said = parsedJson(resource.bytes)
  const name = call.query.get('name') ?? said['name']
  if (typeof name !== 'string') throw new ApiError(400, 'required', 'Required')
  const type = media.headers.get('content-type')
  return insert(store, call, bucket, { ...(type === undefined ? {} : { contentType: type }), ...said, name }, [
    media.bytes,
  ])
}

/** Stores bytes under a name, where the conditions hold and the sums that were told are theirs. */
export async function insert(
  store: Store,
  call: Call,
  bucket: string,
  resource: Resource & { readonly name: string },
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  conditions = conditionsOf(call.query),
): Promise<Reply> {
  store.bucket(bucket)
  const arrived = new ArrivingBytes(store.budget)
  try {
    for await (const chunk of body) arrived.add(chunk)
    const sums = arrived.sums()
    checkSums(sums, resource)
    checkSums(sums, sumsInHeader(headerOf(call, 'x-goog-hash')))
    checkSums(sums, { md5Hash: headerOf(call, 'content-md5') })
    const content = { chunks: arrived.chunks, size: arrived.size, sums }
    const made = store.put(bucket, resource.name, content, attributesOf(resource), conditions)
    return { status: 200, json: objectResource(made, call.origin) }
  } catch (error) {
    arrived.drop()
    throw error
  }
}

/** `GET …/o/NAME`: the resource, or with `alt=media` the bytes. */
export function read(store: Store, call: Call, bucket: string, name: string): Reply {
  const object = store.object(bucket, name, call.query.get('generation') ?? undefined)
  checkConditions(object, conditionsOf(call.query), true)
  if (call.query.get('alt') === 'media') return mediaReply(call, object)
  return { status: 200, json: objectResource(object, call.origin) }
}

/** `PATCH …/o/NAME`: what is given changes, `null` takes away. */
export async function patch(store: Store, call: Call, bucket: string, name: string): Promise<Reply> {
  const object = store.object(bucket, name, call.query.get('generation') ?? undefined)
  checkConditions(object, conditionsOf(call.query))
  const change = await jsonBody(call)
  const { metadata, ...fields } = change
  const merged: Record<string, unknown> = { ...object.attributes, ...fields }
  if (metadata === null) delete merged['metadata']
  else if (metadata !== undefined) merged['metadata'] = { ...object.attributes.metadata, ...metadata }
  object.attributes = attributesOf(merged)
  object.metageneration += 1
  object.updated = new Date().toISOString()
  return { status: 200, json: objectResource(object, call.origin) }
}

/** `DELETE …/o/NAME` */
export function remove(store: Store, call: Call, bucket: string, name: string): Reply {
  store.delete(bucket, name, call.query.get('generation') ?? undefined, conditionsOf(call.query))
  return { status: 204 }
}

/** `POST …/o/NAME/compose`: up to 32 objects one behind the other; the result has no MD5. */
export async function compose(store: Store, call: Call, bucket: string, name: string): Promise<Reply> {
  const { sourceObjects, destination } = await jsonBody(call)
  if (!Array.isArray(sourceObjects) || sourceObjects.length === 0)
    throw new ApiError(400, 'required', 'You must provide at least one source component.')
  if (sourceObjects.length > mostComposed)
    throw invalid(
      `The number of source components provided (${sourceObjects.length}) exceeds the maximum (${mostComposed})`,
    )
  const sources = sourceObjects.map((one: unknown) => sourceOf(store, bucket, one))
  const arrived = new ArrivingBytes(store.budget)
  try {
    for (const { chunks } of sources) for (const chunk of chunks) arrived.add(chunk)
    const { crc32c } = arrived.sums()
    const resource = (destination ?? {}) as Record<string, unknown>
    checkSums({ crc32c }, { crc32c: resource['crc32c'] })
    const componentCount = sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0)
    const content = { chunks: arrived.chunks, size: arrived.size, sums: { crc32c }, componentCount }
    const attributes = attributesOf({ contentType: sources[0]?.attributes.contentType, ...resource })
    const made = store.put(bucket, name, content, attributes, conditionsOf(call.query))
    return { status: 200, json: objectResource(made, call.origin) }
  } catch (error) {
    arrived.drop()
    throw error
  }
}

/** A 64-bit number in JSON: as a string or as a number. */
function numeral(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

interface ComposeSource {
  readonly name?: unknown
  readonly generation?: unknown
  readonly objectPreconditions?: { readonly ifGenerationMatch?: unknown } | undefined
}

function sourceOf(store: Store, bucket: string, given: unknown): Generation {
  const { name, generation, objectPreconditions } = given as ComposeSource
  if (typeof name !== 'string') throw new ApiError(400, 'required', 'Required')
  const object = store.object(bucket, name, numeral(generation))
  const match = objectPreconditions?.ifGenerationMatch
  checkConditions(object, { generationMatch: numeral(match) })
  return object
}
