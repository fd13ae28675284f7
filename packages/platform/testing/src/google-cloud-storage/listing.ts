import { invalid } from './api-error.ts'
import type { Call } from './call.ts'
import { objectResource } from './resources.ts'
import type { Bucket, Generation, Store } from './store.ts'

const mostPerPage = 1_000

/** One page of a bucket, in the order of the names (UTF-8 bytes); https://cloud.google.com/storage/docs/json_api/v1/objects/list */
export function listObjects(store: Store, bucketName: string, { query, origin }: Call): object {
  const bucket = store.bucket(bucketName)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const versions = query.get('versions') === 'true'
  const count = Math.min(pageSize(query.get('maxResults')), mostPerPage)
  const names = sortedNames(bucket)
  const start = largest(query.get('startOffset') ?? '', prefix)
  const end = query.get('endOffset')
  const token = query.get('pageToken')
  const after = token === null ? undefined : positionIn(token)

  const items: object[] = []
  const prefixes: string[] = []
  let last: string | undefined
  let at = firstAtLeast(names, after?.name ?? start)
  for (; at < names.length; at += 1) {
    const name = names[at] ?? ''
    if (!name.startsWith(prefix) || (end !== null && compare(name, end) >= 0)) break
    if (after !== undefined && (name === after.name || (after.common && name.startsWith(after.name)))) continue
    if (compare(name, start) < 0) continue
    const cutAt = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
    const common = cutAt === -1 ? undefined : name.slice(0, cutAt + delimiter.length)
    const found = shown(bucket, name, versions)
    if (found.length === 0 || (common !== undefined && common === prefixes.at(-1))) continue
    if (items.length + prefixes.length >= count) {
      const nextPageToken = Buffer.from(JSON.stringify(last)).toString('base64url')
      return page(items, prefixes, nextPageToken)
    }
    if (common === undefined) items.push(...found.map((one) => objectResource(one, origin)))
    else prefixes.push(common)
    last = common === undefined ? `o${name}` : `p${common}`
  }
  return page(items, prefixes, undefined)
}

function page(items: readonly object[], prefixes: readonly string[], nextPageToken: string | undefined): object {
  return {
    kind: 'storage#objects',
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(items.length === 0 ? {} : { items }),
  }
}

function shown(bucket: Bucket, name: string, versions: boolean): readonly Generation[] {
  const all = bucket.objects.get(name) ?? []
  return versions ? all : all.slice(-1).filter(({ timeDeleted }) => timeDeleted === undefined)
}

export function pageSize(given: string | null): number {
  if (given === null) return mostPerPage
  if (!/^\d+$/.test(given) || Number(given) < 1) throw invalid(`Invalid value for maxResults: ${given}`)
  return Number(given)
}

function positionIn(token: string): { name: string; common: boolean } {
  try {
    const text: unknown = JSON.parse(Buffer.from(token, 'base64url').toString())
    if (typeof text === 'string' && /^[op]/.test(text)) return { name: text.slice(1), common: text.startsWith('p') }
  } catch {
    // Told below.
  }
  throw invalid(`Invalid value for pageToken: ${token}`)
}

const compare = (one: string, other: string): number => Buffer.compare(Buffer.from(one), Buffer.from(other))
const largest = (one: string, other: string): string => (compare(one, other) > 0 ? one : other)

function sortedNames(bucket: Bucket): readonly string[] {
  bucket.sorted ??= [...bucket.objects.keys()]
    .map((name) => ({ name, bytes: Buffer.from(name) }))
    .toSorted((one, other) => Buffer.compare(one.bytes, other.bytes))
    .map(({ name }) => name)
  return bucket.sorted
}

function firstAtLeast(names: readonly string[], wanted: string): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compare(names[middle] ?? '', wanted) < 0) low = middle + 1
    else high = middle
  }
  return low
}
