import type { S3Client } from '@aws-sdk/client-s3'
import { awsClientOptions } from '@casare/aws'
import type { CallContext, OpenContext } from '@casare/core'
import type { ParsedConfig } from './config.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<S3Client> {
  const [{ S3Client }, options] = await Promise.all([import('@aws-sdk/client-s3'), awsClientOptions(config, context)])
  return new S3Client({
    ...options,
    forcePathStyle: config.forcePathStyle,
    // To the region that the bucket is in, once, and never to another host than AWS' own for it.
    followRegionRedirects: config.endpoint === undefined,
    // The driver sends and compares MD5, which every store that speaks S3 knows; trailers they often do not.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** Ends all connections. */
export function close(client: S3Client): void {
  client.destroy()
}

/** Asks for the buckets of the account. */
export async function check(client: S3Client, { signal }: CallContext): Promise<void> {
  const { ListBucketsCommand } = await import('@aws-sdk/client-s3')
  await client.send(new ListBucketsCommand({}), { abortSignal: signal })
}
