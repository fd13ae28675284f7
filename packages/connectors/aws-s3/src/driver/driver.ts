import type { S3Client } from '@aws-sdk/client-s3'
import type { ObjectDriver } from '@casare/object-store'
import { toError } from '../errors.ts'
import * as buckets from './buckets.ts'
import { copy } from './copy.ts'
import { limits } from './limits.ts'
import { list } from './listing.ts'
import * as objects from './objects.ts'
import * as uploads from './uploads.ts'

/** Amazon S3 as an object store. */
export const driver: ObjectDriver<S3Client> = {
  limits,
  toError,
  head: objects.head,
  get: objects.get,
  put: objects.put,
  delete: objects.delete,
  deleteMany: objects.deleteMany,
  copy,
  sign: objects.sign,
  list,
  ...uploads,
  ...buckets,
}
