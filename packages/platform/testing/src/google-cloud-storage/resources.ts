import type { Bucket, Generation } from './store.ts'

/** https://cloud.google.com/storage/docs/json_api/v1/objects#resource */
export function objectResource(object: Generation, origin: string): Record<string, unknown> {
  const { bucket, name, generation, metageneration, attributes, size, sums } = object
  const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    selfLink: `${origin}${path}`,
    mediaLink: `${origin}/download${path}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation,
    metageneration: String(metageneration),
    storageClass: 'STANDARD',
    ...attributes,
    size: String(size),
    ...sums,
    etag: etagOf(object),
    timeCreated: object.timeCreated,
    updated: object.updated,
    timeStorageClassUpdated: object.timeCreated,
    timeFinalized: object.timeCreated,
    ...(object.timeDeleted === undefined ? {} : { timeDeleted: object.timeDeleted }),
    ...(object.componentCount === undefined ? {} : { componentCount: object.componentCount }),
  }
}

/** https://cloud.google.com/storage/docs/json_api/v1/buckets#resource */
export function bucketResource(bucket: Bucket, origin: string): Record<string, unknown> {
  return {
    location: 'US',
    storageClass: 'STANDARD',
    ...bucket.settings,
    kind: 'storage#bucket',
    id: bucket.name,
    name: bucket.name,
    selfLink: `${origin}/storage/v1/b/${bucket.name}`,
    projectNumber: '123456789012',
    metageneration: String(bucket.metageneration),
    locationType: 'multi-region',
    etag: Buffer.from(`${bucket.name}/${bucket.metageneration}`).toString('base64'),
    timeCreated: bucket.timeCreated,
    updated: bucket.timeCreated,
  }
}

function etagOf({ generation, metageneration }: Generation): string {
  return Buffer.from(`${generation}/${metageneration}`).toString('base64')
}
