import type { ObjectDriver } from '@casare/object-store'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { toError } from '../errors.ts'
import * as containers from './containers.ts'
import { limits } from './limits.ts'
import { list } from './listing.ts'
import * as objects from './objects.ts'
import * as uploads from './uploads.ts'

/** Azure Blob Storage as an object store. */
export const driver: ObjectDriver<AzureBlobClient> = {
  limits,
  toError,
  head: objects.head,
  get: objects.get,
  put: objects.put,
  delete: objects.delete,
  deleteMany: objects.deleteMany,
  copy: objects.copy,
  sign: objects.sign,
  list,
  ...uploads,
  ...containers,
}
