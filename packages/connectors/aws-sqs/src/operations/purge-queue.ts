import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueName } from '../message-schema.ts'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html */
export const purgeQueue = operation({
  description: 'Deletes all messages of a queue, which takes up to a minute.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: SqsClient, { queue }, { signal }) {
    const { PurgeQueueCommand } = await import('@aws-sdk/client-sqs')
    await client.sdk.send(new PurgeQueueCommand({ QueueUrl: await client.queueUrl(queue, signal) }), {
      abortSignal: signal,
    })
    return {}
  },
})
