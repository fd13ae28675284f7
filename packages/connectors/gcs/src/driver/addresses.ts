import { ConnectorError, invalidInput } from '@casare/core'
import type { Preconditions } from '@casare/object-store'

/** https://cloud.google.com/storage/docs/buckets#naming */
const bucketName = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

/** @throws `invalid_input` for what is no name of a bucket: it would be taken for a part of an address */
export function checkedBucket(bucket: string): string {
  if (!bucketName.test(bucket))
    throw invalidInput(
      `${JSON.stringify(bucket)} is no name of a bucket: 3 to 222 small letters, digits, "-", "_" and ".", with a letter or digit at both ends.`,
    )
  return bucket
}

/** @throws `invalid_input` for names that Google does not keep (https://cloud.google.com/storage/docs/objects#naming) */
export function checkedKey(key: string): string {
  if (key === '.' || key === '..' || key.startsWith('.well-known/acme-challenge/') || /[\r\n]/.test(key))
    throw invalidInput(`Google Cloud Storage keeps no object named ${JSON.stringify(key)}.`)
  return key
}

/** The objects of a bucket in the JSON API. */
export function objectsPath(bucket: string): string {
  return `/storage/v1/b/${checkedBucket(bucket)}/o`
}

/** An object in the JSON API. */
export function objectPath(bucket: string, key: string): string {
  return `${objectsPath(bucket)}/${encodeURIComponent(checkedKey(key))}`
}

/** What is sent to store objects. */
export function uploadPath(bucket: string): string {
  return `/upload/storage/v1/b/${checkedBucket(bucket)}/o`
}

/** An object in the XML API. */
export function contentPath(bucket: string, key: string): string {
  return `/${checkedBucket(bucket)}/${encodeURIComponent(checkedKey(key))}`
}

/** Our etags are generations. @throws `conflict` for what can be none: no object has it */
export function generationOf(etag: string): string {
  if (/^[1-9]\d{0,18}$/.test(etag)) return etag
  throw new ConnectorError({
    code: 'conflict',
    message: `No object has the etag ${JSON.stringify(etag)}: those of Google Cloud Storage are generations, numbers of up to 19 digits.`,
  })
}

/** @throws `invalid_input` for a version that can be none */
export function versionOf(version: string | undefined): string | undefined {
  if (version === undefined || /^[1-9]\d{0,18}$/.test(version)) return version
  throw invalidInput(`${JSON.stringify(version)} is no version: those of Google Cloud Storage are generations.`)
}

/** The generation that must be there for a write; 0 where none may be. */
export function writeCondition({ ifMatch, ifNoneMatch }: Preconditions): string | undefined {
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw invalidInput('ifMatch and ifNoneMatch cannot hold both: give one of them.')
  return ifMatch === undefined ? (ifNoneMatch === undefined ? undefined : '0') : generationOf(ifMatch)
}
