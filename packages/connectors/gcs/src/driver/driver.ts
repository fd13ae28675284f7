import type { ObjectDriver } from '@casare/object-store'
import { toError } from '../errors.ts'
import type { GcsClient } from '../gcs-client.ts'
import * as buckets from './buckets.ts'
import { limits } from './limits.ts'
import { list } from './listing.ts'
import * as reading from './reading.ts'
import * as uploads from './uploads.ts'
import * as writing from './writing.ts'

/** Google Cloud Storage as an object store. It does not list unfinished uploads. */
export const driver: ObjectDriver<GcsClient> = {
  limits,
  toError,
  head: reading.head,
  get: reading.get,
  put: writing.put,
  delete: writing.delete,
  deleteMany: writing.deleteMany,
  copy: writing.copy,
  sign: writing.sign,
  list,
  ...uploads,
  ...buckets,
}
