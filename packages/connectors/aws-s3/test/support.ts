import { randomBytes } from 'node:crypto'
import { S3Client } from '@aws-sdk/client-s3'
import type { Config, Target } from '@casare/testing'

/** A store, seen past the connector. */
export interface Storage extends Target {
  readonly config: Config
  readonly admin: S3Client
}

export const bucketName = (): string => `casare-test-${randomBytes(6).toString('hex')}`

/** Opens the view of a test on a store; its URL carries the keys. */
export function storageAt(url: string): Storage {
  const { username, password, origin, hostname, port } = new URL(url)
  const keys = { accessKeyId: username || 'any', secretAccessKey: password || 'any' }
  const admin = new S3Client({
    region: 'us-east-1',
    endpoint: origin,
    forcePathStyle: true,
    credentials: keys,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  })
  return {
    admin,
    address: { host: hostname, port: Number(port) },
    config: {
      region: 'us-east-1',
      endpoint: origin,
      forcePathStyle: true,
      credentials: { kind: 'static', ...keys },
    },
    async close() {
      admin.destroy()
    },
  }
}
