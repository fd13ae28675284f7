import type { Checksums, ListedObject, ObjectAttributes, ObjectInfo, StoredObject } from '@casare/object-store'

/** What we read of Google's object (https://cloud.google.com/storage/docs/json_api/v1/objects#resource). */
export interface ObjectResource {
  readonly name: string
  /** A 64-bit number. */
  readonly size: string
  readonly generation: string
  readonly updated: string
  readonly timeCreated: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly cacheControl?: string
  readonly storageClass?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly md5Hash?: string
  readonly crc32c?: string
}

/** An object as all stores show it: its etag is its generation. */
export function infoOf(resource: ObjectResource): ObjectInfo {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, storageClass } = resource
  const optional = { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, storageClass }
  return {
    ...withoutUndefined(optional),
    key: resource.name,
    size: Number(resource.size),
    etag: resource.generation,
    version: resource.generation,
    lastModified: resource.timeCreated,
    metadata: { ...resource.metadata },
    checksums: checksumsOf(resource),
  }
}

export function listedOf({
  name: key,
  size,
  generation: etag,
  timeCreated,
  storageClass,
}: ObjectResource): ListedObject {
  return { key, size: Number(size), etag, lastModified: timeCreated, ...withoutUndefined({ storageClass }) }
}

export function storedOf(resource: ObjectResource): StoredObject {
  return { etag: resource.generation, version: resource.generation, checksums: checksumsOf(resource) }
}

/** What Google takes of what is given. */
export function resourceOf({ metadata, ...attributes }: ObjectAttributes): Record<string, unknown> {
  const { contentType, contentEncoding, contentLanguage, contentDisposition, cacheControl, storageClass } = attributes
  return {
    ...withoutUndefined({
      contentType,
      contentEncoding,
      contentLanguage,
      contentDisposition,
      cacheControl,
      storageClass,
    }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

function checksumsOf({ md5Hash, crc32c }: Pick<ObjectResource, 'md5Hash' | 'crc32c'>): Checksums {
  return { ...(md5Hash === undefined ? {} : { md5: md5Hash }), ...(crc32c === undefined ? {} : { crc32c }) }
}

function withoutUndefined(all: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
