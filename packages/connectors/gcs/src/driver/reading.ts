import { invalidInput } from '@casare/core'
import type { ObjectDriver, ObjectInfo } from '@casare/object-store'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { PassThrough, pipeline, type Readable } from 'node:stream'
import { Crc32c } from '../checksum/crc32c.ts'
import type { GcsClient } from '../gcs-client.ts'
import { send } from '../transport/send.ts'
import { sendJson } from '../transport/send-json.ts'
import { contentPath, generationOf, objectPath, versionOf } from './addresses.ts'
import { infoOf, type ObjectResource } from './resource.ts'

type Driver = ObjectDriver<GcsClient>

const heldBytes = 65_536

export const head: Driver['head'] = async (client, { bucket, key, version }, { signal }) => {
  const query = { generation: versionOf(version) }
  return infoOf(await sendJson<ObjectResource>(client, { method: 'GET', path: objectPath(bucket, key), query }, signal))
}

/**
 * By the XML API, as Google's Go client does: it tells all that is known of an object along with its bytes, where the JSON
 * API wants a second request (https://cloud.google.com/storage/docs/xml-api/get-object-download).
 */
export const get: Driver['get'] = async (client, { bucket, key, version, range, ifMatch }, { signal }) => {
  const { offset = 0, length: wanted } = range ?? {}
  const headers = {
    // As it was stored: without this, gzip is undone on the way and neither length nor sum are right.
    'accept-encoding': 'gzip',
    ...(range === undefined
      ? {}
      : { range: `bytes=${offset}-${wanted === undefined ? '' : String(offset + wanted - 1)}` }),
    ...(ifMatch === undefined ? {} : { 'x-goog-if-generation-match': generationOf(ifMatch) }),
  }
  const query = { generation: versionOf(version) }
  const response = await send(client, { method: 'GET', path: contentPath(bucket, key), query, headers }, signal)
  const told = response.headers
  const length = Number(told['content-length'] ?? 0)
  const size = Number(/\/(\d+)$/.exec(told['content-range'] ?? '')?.[1] ?? length)
  if (range !== undefined && told['content-range'] === undefined && offset > 0) {
    response.destroy()
    throw invalidInput(`${bucket}/${key} cannot be read by range: it is transcoded on its way.`)
  }
  const info = infoIn(key, size, told)
  const { crc32c: expected } = info.checksums
  return {
    info,
    offset,
    length,
    body: length <= heldBytes ? held(response) : response,
    verify: expected === undefined ? undefined : { algorithm: 'CRC32C', expected, hash: () => new Crc32c() },
  }
}

/** A short answer is taken in at once: its connection is free for others, also where nobody reads it. */
function held(body: IncomingMessage): Readable {
  const taken = new PassThrough({ highWaterMark: heldBytes })
  taken.on('error', () => undefined)
  return pipeline(body, taken, () => undefined)
}

function infoIn(key: string, size: number, headers: IncomingHttpHeaders): ObjectInfo {
  const text = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  }
  const metadata = Object.keys(headers).flatMap((name): [string, string][] =>
    name.startsWith('x-goog-meta-') ? [[name.slice('x-goog-meta-'.length), text(name) ?? '']] : [],
  )
  const written = Date.parse(text('last-modified') ?? '')
  const sum = (name: string): string | undefined =>
    new RegExp(`(?:^|[,\\s])${name}=([\\w+/]+=*)`).exec(text('x-goog-hash') ?? '')?.[1]
  const optional = {
    contentType: text('content-type'),
    contentEncoding: text('content-encoding'),
    contentLanguage: text('content-language'),
    contentDisposition: text('content-disposition'),
    cacheControl: text('cache-control'),
    storageClass: text('x-goog-storage-class'),
    md5Hash: sum('md5'),
    crc32c: sum('crc32c'),
  }
  const time = new Date(Number.isNaN(written) ? 0 : written).toISOString()
  return infoOf({
    name: key,
    size: String(size),
    generation: text('x-goog-generation') ?? '',
    updated: time,
    timeCreated: time,
    metadata: Object.fromEntries(metadata),
    ...(Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined),
    ) as Partial<ObjectResource>),
  })
}
