import type { S3Client } from '@aws-sdk/client-s3'
import { defineConnector } from '@casare/core'
import { objectsStream, uploadsStream } from '@casare/object-store'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { driver } from './driver/driver.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'

/** Amazon S3, on the AWS SDK; and stores that speak its protocol. */
export const s3 = defineConnector({
  name: 'aws-s3',
  title: 'Amazon S3',
  category: 'storage',
  contractVersion: 1,
  description:
    'Stores, reads, lists, copies and deletes objects of any size, in S3 and in stores that speak its protocol.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (client: S3Client) => client,
  toError,
  operations,
  streams: {
    /** The objects of a bucket. */
    objects: objectsStream(driver),
    /** Uploads of a bucket that were begun and not finished. */
    uploads: uploadsStream(driver),
  },
})
