import type { BlobServiceClient } from '@azure/storage-blob'
import { defineConnector } from '@casare/core'
import { objectsStream, uploadsStream } from '@casare/object-store'
import type { AzureBlobClient } from './azure-blob-client.ts'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { driver } from './driver/driver.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'

/** Azure Blob Storage, on Microsoft's SDK. */
export const azureBlob = defineConnector({
  name: 'azure-blob',
  title: 'Azure Blob Storage',
  category: 'storage',
  contractVersion: 1,
  description: 'Stores, reads, lists, copies and deletes blobs of any size in the containers of a storage account.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (sdk: BlobServiceClient): AzureBlobClient => ({
    sdk,
    hasAccountKey: 'accountName' in sdk.credential,
    destroy() {},
  }),
  toError,
  operations,
  streams: {
    /** The blobs of a container. */
    objects: objectsStream(driver),
    /** Uploads of a container that were begun and not finished. */
    uploads: uploadsStream(driver),
  },
})
