import { randomBytes } from 'node:crypto'
import { ApiError, invalid, noBucket, noObject } from './api-error.ts'
import { checkConditions, type Conditions } from './conditions.ts'
import { Budget, type Sums } from './stored-bytes.ts'

/** What a client sets beside the bytes. */
export interface Attributes {
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly contentLanguage?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly cacheControl?: string | undefined
  readonly customTime?: string | undefined
  readonly storageClass?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** One generation of an object. */
export interface Generation {
  readonly bucket: string
  readonly name: string
  readonly generation: string
  metageneration: number
  readonly chunks: readonly Uint8Array[]
  readonly size: number
  readonly sums: Sums
  attributes: Attributes
  readonly timeCreated: string
  updated: string
  /** When it was replaced or deleted, where the bucket keeps versions. */
  timeDeleted?: string
  readonly componentCount?: number | undefined
}

/** A bucket. */
export interface Bucket {
  readonly name: string
  readonly timeCreated: string
  metageneration: number
  /** What else was set: location, labels, versioning … */
  settings: Readonly<Record<string, unknown>>
  /** All generations by name, the newest last. */
  readonly objects: Map<string, Generation[]>
  /** The names in order; `undefined` after a change. */
  sorted: readonly string[] | undefined
}

const bucketName = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/
const textFields = [
  'contentType',
  'contentEncoding',
  'contentLanguage',
  'contentDisposition',
  'cacheControl',
  'customTime',
  'storageClass',
] as const
const storageClasses = new Set(['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'])

/** What of a resource a client may set. @throws ApiError 400 for values of another type */
export function attributesOf(resource: Readonly<Record<string, unknown>>): Attributes {
  const found: Record<string, unknown> = {}
  for (const name of textFields) {
    const value = resource[name]
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw invalid(`Invalid value for: ${name}`)
    found[name] = value
  }
  const { storageClass } = resource
  if (typeof storageClass === 'string' && !storageClasses.has(storageClass))
    throw invalid(`Invalid argument: ${storageClass} is no storage class.`)
  const { metadata } = resource
  if (metadata !== undefined && metadata !== null) {
    const entries = Object.entries(metadata).filter(([, value]) => value !== null)
    if (entries.some(([, value]) => typeof value !== 'string')) throw invalid('Invalid value for: metadata')
    found['metadata'] = Object.fromEntries(entries)
  }
  return found
}

/** All buckets, with the rules that hold between their objects. */
export class Store {
  readonly buckets = new Map<string, Bucket>()
  readonly budget: Budget
  #lastGeneration = 0n

  constructor(maxBytes: number) {
    this.budget = new Budget(maxBytes)
  }

  createBucket(name: unknown, settings: Readonly<Record<string, unknown>>): Bucket {
    if (typeof name !== 'string' || !bucketName.test(name)) throw invalid(`Invalid bucket name: '${String(name)}'`)
    if (this.buckets.has(name))
      throw new ApiError(
        409,
        'conflict',
        'Your previous request to create the named bucket succeeded and you already own it.',
      )
    const timeCreated = new Date().toISOString()
    const bucket: Bucket = { name, timeCreated, metageneration: 1, settings, objects: new Map(), sorted: undefined }
    this.buckets.set(name, bucket)
    return bucket
  }

  bucket(name: string): Bucket {
    const found = this.buckets.get(name)
    if (found === undefined) throw noBucket()
    return found
  }

  deleteBucket(name: string): void {
    if (this.bucket(name).objects.size > 0)
      throw new ApiError(409, 'conflict', 'The bucket you tried to delete is not empty.')
    this.buckets.delete(name)
  }

  /** The live object, or a generation of it. */
  find(bucket: string, name: string, generation?: string): Generation | undefined {
    const all = this.bucket(bucket).objects.get(name) ?? []
    if (generation !== undefined) return all.find((one) => one.generation === generation)
    const newest = all.at(-1)
    return newest?.timeDeleted === undefined ? newest : undefined
  }

  object(bucket: string, name: string, generation?: string): Generation {
    const found = this.find(bucket, name, generation)
    if (found === undefined) throw noObject(bucket, name)
    return found
  }

  /** Puts bytes in the place of what is there. Their room must have been taken before. */
  put(
    bucketName: string,
    name: string,
    content: Pick<Generation, 'chunks' | 'size' | 'sums' | 'componentCount'>,
    attributes: Attributes,
    conditions: Conditions,
  ): Generation {
    const bucket = this.bucket(bucketName)
    checkName(name)
    checkConditions(this.find(bucketName, name), conditions)
    const now = new Date().toISOString()
    const made: Generation = {
      ...content,
      bucket: bucketName,
      name,
      generation: this.#nextGeneration(),
      metageneration: 1,
      attributes,
      timeCreated: now,
      updated: now,
    }
    this.#retire(bucket, name)
    bucket.objects.set(name, [...(bucket.objects.get(name) ?? []), made])
    bucket.sorted = undefined
    return made
  }

  delete(bucketName: string, name: string, generation: string | undefined, conditions: Conditions): void {
    const found = this.object(bucketName, name, generation)
    checkConditions(found, conditions)
    const bucket = this.bucket(bucketName)
    if (generation === undefined) this.#retire(bucket, name)
    else this.#remove(bucket, found)
    bucket.sorted = undefined
  }

  /** The live generation gives way: kept as a version, or gone. */
  #retire(bucket: Bucket, name: string): void {
    const live = this.find(bucket.name, name)
    if (live === undefined) return
    const versioning = bucket.settings['versioning'] as { enabled?: unknown } | undefined
    if (versioning?.enabled === true) live.timeDeleted = new Date().toISOString()
    else this.#remove(bucket, live)
  }

  #remove(bucket: Bucket, one: Generation): void {
    const rest = (bucket.objects.get(one.name) ?? []).filter((other) => other !== one)
    if (rest.length === 0) bucket.objects.delete(one.name)
    else bucket.objects.set(one.name, rest)
    this.budget.give(one.size)
  }

  /** Microseconds since 1970, as Google's; never twice the same. */
  #nextGeneration(): string {
    const now = BigInt(Date.now()) * 1_000n
    this.#lastGeneration = now > this.#lastGeneration ? now : this.#lastGeneration + 1n
    return String(this.#lastGeneration)
  }
}

/** https://cloud.google.com/storage/docs/objects#naming */
function checkName(name: string): void {
  const valid = name !== '' && name.isWellFormed() && Buffer.byteLength(name) <= 1_024 && !/[\r\n]/.test(name)
  if (!valid || name === '.' || name === '..' || name.startsWith('.well-known/acme-challenge/'))
    throw invalid(`Invalid object name: ${JSON.stringify(name)}`)
}

export const randomId = (): string => randomBytes(48).toString('base64url')
