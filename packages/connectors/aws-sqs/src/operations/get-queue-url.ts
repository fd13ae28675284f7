import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueName } from '../message-schema.ts'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueUrl.html */
export const getQueueUrl = operation({
  description: 'The URL of a queue.',
  effect: 'read',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() => z.object({ url: z.string() })),
  errors: ['not_found'],
  async run(client: SqsClient, { queue }, { signal }) {
    client.forget(queue)
    return { url: await client.queueUrl(queue, signal) }
  },
})
