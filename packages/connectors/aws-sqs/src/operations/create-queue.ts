import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueAttributes } from '../queue-attributes.ts'
import { isFifo, type SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html */
export const createQueue = operation({
  description: 'Makes a queue; one that is there with the same attributes stays as it is.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      queue: z
        .string()
        .regex(
          /^(?=.{1,80}$)[\w-]+(?:\.fifo)?$/,
          'expected 1 to 80 letters, digits, "-" or "_", and ".fifo" for a FIFO queue',
        )
        .describe('Name of the queue; that of a FIFO queue ends in ".fifo".'),
      attributes: queueAttributes().optional(),
    }),
  ),
  output: schema(() => z.object({ url: z.string() })),
  errors: ['already_exists'],
  async run(client: SqsClient, { queue, attributes = {} }, { signal }) {
    const { CreateQueueCommand } = await import('@aws-sdk/client-sqs')
    const Attributes = isFifo(queue) ? { FifoQueue: 'true', ...attributes } : attributes
    const { QueueUrl = '' } = await client.sdk.send(new CreateQueueCommand({ QueueName: queue, Attributes }), {
      abortSignal: signal,
    })
    return { url: QueueUrl }
  },
})
