import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueName } from '../message-schema.ts'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html */
export const deleteQueue = operation({
  description: 'Deletes a queue with all of its messages; its name is free again after a minute.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: SqsClient, { queue }, { signal }) {
    const { DeleteQueueCommand } = await import('@aws-sdk/client-sqs')
    await client.sdk.send(new DeleteQueueCommand({ QueueUrl: await client.queueUrl(queue, signal) }), {
      abortSignal: signal,
    })
    client.forget(queue)
    return {}
  },
})
