import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { awsClientOptions } from '@casare/aws'
import { ConnectorError, type OpenContext } from '@casare/core'
import type { SQSClient } from '@aws-sdk/client-sqs'
import type { ParsedConfig } from '../config.ts'
import type { Pointer } from './pointer.ts'

/** Where payloads are kept that are too large for a message. */
export interface PayloadStore {
  put(pointer: Pointer, text: string, signal: AbortSignal): Promise<void>
  /** @throws `invalid_input` where it has more than `maxBytes` */
  get(pointer: Pointer, maxBytes: number, signal: AbortSignal): Promise<string>
  remove(pointer: Pointer, signal: AbortSignal): Promise<void>
  close(): void
}

const sdk = '@aws-sdk/client-s3'

/** S3 with the connection's settings; its own endpoint, where one is given. */
export async function openPayloadStore(config: ParsedConfig, context: OpenContext): Promise<PayloadStore> {
  const { endpoint: _ofQueues, s3, ...settings } = config
  const own = s3?.endpoint === undefined ? settings : { ...settings, endpoint: s3.endpoint }
  return payloadStore({ ...(await awsClientOptions(own, context)), forcePathStyle: s3?.forcePathStyle ?? false })
}

/** S3 with region and credentials of a client that the user has made. */
export function payloadStoreOf({ config }: SQSClient): Promise<PayloadStore> {
  const { region, credentials } = config
  return payloadStore({ region, credentials, maxAttempts: 1 })
}

async function payloadStore(options: S3ClientConfig): Promise<PayloadStore> {
  const { S3Client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand } =
    await import('@aws-sdk/client-s3').catch((error: unknown) => {
      throw new ConnectorError({
        code: 'unsupported',
        message: `claimCheck needs ${sdk}, which is not installed: npm install ${sdk}`,
        cause: error,
      })
    })
  const client = new S3Client({ ...options, requestChecksumCalculation: 'WHEN_REQUIRED' })
  const at = ({ bucket, key }: Pointer) => ({ Bucket: bucket, Key: key })
  return {
    async put(pointer, text, abortSignal) {
      await client.send(new PutObjectCommand({ ...at(pointer), Body: text }), { abortSignal })
    },
    async get(pointer, maxBytes, abortSignal) {
      const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand(at(pointer)), { abortSignal })
      if (ContentLength <= maxBytes) return (await Body?.transformToString()) ?? ''
      if (Body !== undefined && 'destroy' in Body) Body.destroy()
      throw new ConnectorError({
        code: 'invalid_input',
        message: `The payload s3://${pointer.bucket}/${pointer.key} has ${ContentLength} bytes, more than claimCheck.maxBytes (${maxBytes}).`,
      })
    },
    async remove(pointer, abortSignal) {
      await client.send(new DeleteObjectCommand(at(pointer)), { abortSignal })
    },
    close: () => client.destroy(),
  }
}
