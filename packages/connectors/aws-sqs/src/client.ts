import { awsClientOptions } from '@casare/aws'
import type { CallContext, OpenContext } from '@casare/core'
import { openPayloadStore } from './claim-check/payload-store.ts'
import type { ParsedConfig } from './config.ts'
import { SqsClient } from './sqs-client.ts'

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<SqsClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  const { s3: _ofPayloads, ...settings } = config
  const options = await awsClientOptions(settings, context)
  // A queue's URL in an input names the queue, and does not choose whom requests are sent to.
  return new SqsClient(new SQSClient({ ...options, useQueueUrlAsEndpoint: false }), () =>
    openPayloadStore(config, context),
  )
}

/** Ends all connections. */
export function close(client: SqsClient): Promise<void> {
  return client.close()
}

/** Asks for the name of one queue. */
export async function check(client: SqsClient, { signal }: CallContext): Promise<void> {
  const { ListQueuesCommand } = await import('@aws-sdk/client-sqs')
  await client.sdk.send(new ListQueuesCommand({ MaxResults: 1 }), { abortSignal: signal })
}
