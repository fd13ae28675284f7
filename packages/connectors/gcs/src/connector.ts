import type { Storage } from '@google-cloud/storage'
import { defineConnector } from '@casare/core'
import { objectsStream } from '@casare/object-store'
import { adopt, check, close, open } from './client.ts'
import { config } from './config.ts'
import { driver } from './driver/driver.ts'
import { toError } from './errors.ts'
import type { GcsClient } from './gcs-client.ts'
import * as operations from './operations/index.ts'

/** Google Cloud Storage, with the credentials of Google's own client. */
export const gcs = defineConnector({
  name: 'gcs',
  title: 'Google Cloud Storage',
  category: 'storage',
  contractVersion: 1,
  description: 'Stores, reads, lists, copies and deletes objects of any size in the buckets of Google Cloud Storage.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (sdk: Storage): GcsClient => adopt(sdk),
  toError,
  operations,
  streams: {
    /** The objects of a bucket. */
    objects: objectsStream(driver),
  },
})
