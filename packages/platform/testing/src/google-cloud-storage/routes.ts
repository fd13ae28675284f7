import type { KeyObject } from 'node:crypto'
import type { Access } from './access.ts'
import { ApiError, invalid, notFound } from './api-error.ts'
import { headerOf, jsonBody, type Call, type Reply } from './call.ts'
import { checkConditions, conditionsInHeaders } from './conditions.ts'
import { listObjects, pageSize } from './listing.ts'
import { mediaReply } from './media.ts'
import * as objects from './objects.ts'
import { bucketResource } from './resources.ts'
import type { Rewrites } from './rewrites.ts'
import { checkSignature } from './signed-url.ts'
import type { Store } from './store.ts'
import type { Uploads } from './uploads.ts'

/** What the routes lead to. */
export interface Parts {
  readonly store: Store
  readonly access: Access
  readonly uploads: Uploads
  readonly rewrites: Rewrites
  readonly maxBytes: number
  readonly clientEmail: string
  readonly publicKey: KeyObject
}

/** What the simulator knows to handle; anything else is refused rather than overlooked. */
const knownParameters = new Set(
  'alt delimiter endOffset fields generation ifGenerationMatch ifGenerationNotMatch ifMetagenerationMatch ifMetagenerationNotMatch ifSourceGenerationMatch ifSourceGenerationNotMatch ifSourceMetagenerationMatch ifSourceMetagenerationNotMatch maxBytesRewrittenPerCall maxResults name pageToken prefix prettyPrint project projection rewriteToken sourceGeneration startOffset uploadType upload_id versions'.split(
    ' ',
  ),
)

/** Answers a request. @throws ApiError what is refused */
export async function route(call: Call, parts: Parts): Promise<Reply> {
  const [first, second, third] = call.segments
  if (call.method === 'POST' && call.rawPath === '/token') return parts.access.exchange(call)
  const upload = first === 'upload' && second === 'storage' && third === 'v1'
  const download = first === 'download' && second === 'storage' && third === 'v1'
  if (!upload && !download && !(first === 'storage' && second === 'v1')) return xmlRoute(call, parts)
  for (const name of call.query.keys())
    if (!knownParameters.has(name)) throw invalid(`The simulator does not know the parameter ${name}.`)
  const rest = call.segments.slice(upload || download ? 3 : 2)
  return upload ? uploadRoute(call, parts, rest) : jsonRoute(call, parts, rest)
}

async function uploadRoute(call: Call, parts: Parts, segments: readonly string[]): Promise<Reply> {
  const { store, access, uploads, maxBytes } = parts
  const [b, bucket = '', o, ...more] = segments
  if (b !== 'b' || o !== 'o' || more.length > 0) throw notFound('Not Found')
  const id = call.query.get('upload_id')
  if (id !== null) {
    // The address of a session suffices; a token that comes along is looked at all the same.
    if (headerOf(call, 'authorization') !== undefined) access.check(call, 'write')
    if (call.method === 'PUT') return uploads.put(call, id)
    if (call.method === 'DELETE') return uploads.cancel(id)
    throw new ApiError(405, 'methodNotAllowed', 'Method Not Allowed')
  }
  access.check(call, 'write')
  store.bucket(bucket)
  if (call.method !== 'POST') throw new ApiError(405, 'methodNotAllowed', 'Method Not Allowed')
  switch (call.query.get('uploadType')) {
    case 'media':
      return objects.insertMedia(store, call, bucket)
    case 'multipart':
      return objects.insertMultipart(store, call, bucket, maxBytes)
    case 'resumable':
      return uploads.start(call, bucket)
    default:
      throw invalid(`Invalid uploadType: ${call.query.get('uploadType') ?? ''}`)
  }
}

async function jsonRoute(call: Call, parts: Parts, segments: readonly string[]): Promise<Reply> {
  const { store, access, rewrites } = parts
  const { method, origin } = call
  access.check(call, method === 'GET' ? 'read' : 'write')
  const [b, bucket, o, name, action, b2, toBucket, o2, toName, ...more] = segments
  if (b !== 'b' || more.length > 0 || (o !== undefined && o !== 'o')) throw notFound('Not Found')
  const at = `${method} ${['b', bucket && 'B', o, name && 'N', action, b2, toBucket && 'B', o2, toName && 'N'].filter(Boolean).join('/')}`
  const where = [bucket ?? '', name ?? ''] as const
  const target = [toBucket ?? '', toName ?? ''] as const
  switch (at) {
    case 'GET b':
      return listBuckets(call, store)
    case 'POST b': {
      projectOf(call)
      const { name: wanted, ...settings } = await jsonBody(call)
      return { status: 200, json: bucketResource(store.createBucket(wanted, settings), origin) }
    }
    case 'GET b/B':
      return { status: 200, json: bucketResource(store.bucket(where[0]), origin) }
    case 'PATCH b/B': {
      const found = store.bucket(where[0])
      found.settings = { ...found.settings, ...(await jsonBody(call)) }
      found.metageneration += 1
      return { status: 200, json: bucketResource(found, origin) }
    }
    case 'DELETE b/B':
      store.deleteBucket(where[0])
      return { status: 204 }
    case 'GET b/B/o':
      return { status: 200, json: listObjects(store, where[0], call) }
    case 'GET b/B/o/N':
      return objects.read(store, call, ...where)
    case 'PATCH b/B/o/N':
      return objects.patch(store, call, ...where)
    case 'DELETE b/B/o/N':
      return objects.remove(store, call, ...where)
    case 'POST b/B/o/N/compose':
      return objects.compose(store, call, ...where)
    case 'POST b/B/o/N/copyTo/b/B/o/N':
      return rewrites.copy(call, where, target)
    case 'POST b/B/o/N/rewriteTo/b/B/o/N':
      return rewrites.rewrite(call, where, target)
    default:
      throw notFound('Not Found')
  }
}

function projectOf({ query }: Call): string {
  const project = query.get('project')
  if (project === null || project === '') throw new ApiError(400, 'required', 'Required parameter: project')
  return project
}

function listBuckets(call: Call, store: Store): Reply {
  projectOf(call)
  const { query, origin } = call
  const prefix = query.get('prefix') ?? ''
  const after = query.get('pageToken') ?? ''
  const all = [...store.buckets.keys()].filter((name) => name.startsWith(prefix) && name > after).toSorted()
  const names = all.slice(0, pageSize(query.get('maxResults')))
  const items = names.map((name) => bucketResource(store.bucket(name), origin))
  const more = all.length > names.length ? { nextPageToken: names.at(-1) } : {}
  return { status: 200, json: { kind: 'storage#buckets', items, ...more } }
}

/** `/BUCKET/NAME` of the XML API: with a signature in the query, or a token. */
async function xmlRoute(call: Call, { store, access, clientEmail, publicKey }: Parts): Promise<Reply> {
  const { method, query, segments } = call
  if (query.has('X-Goog-Signature')) checkSignature(call, clientEmail, publicKey)
  else access.check(call, method === 'GET' || method === 'HEAD' ? 'read' : 'write')
  const [bucket = '', ...rest] = segments
  const name = rest.join('/')
  if (bucket === '' || name === '') throw invalid('The simulator knows only objects in the XML API.')
  const header = (wanted: string): string | undefined => headerOf(call, wanted)
  const conditions = conditionsInHeaders(header)
  const generation = query.get('generation') ?? undefined
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const object = store.object(bucket, name, generation)
      checkConditions(object, conditions, true)
      return mediaReply(call, object)
    }
    case 'PUT': {
      const metadata = Object.entries(call.headers).flatMap(([key, value]): [string, string][] =>
        key.startsWith('x-goog-meta-') && typeof value === 'string' ? [[key.slice('x-goog-meta-'.length), value]] : [],
      )
      const resource = {
        name,
        contentType: header('content-type'),
        contentEncoding: header('content-encoding'),
        contentDisposition: header('content-disposition'),
        contentLanguage: header('content-language'),
        cacheControl: header('cache-control'),
        storageClass: header('x-goog-storage-class'),
        metadata: Object.fromEntries(metadata),
      }
      await objects.insert(store, call, bucket, resource, call.body, conditions)
      return { status: 200, headers: { 'x-goog-generation': store.object(bucket, name).generation } }
    }
    case 'DELETE':
      store.delete(bucket, name, generation, conditions)
      return { status: 204 }
    default:
      throw new ApiError(405, 'methodNotAllowed', 'Method Not Allowed')
  }
}
