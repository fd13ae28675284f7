import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueName } from '../message-schema.ts'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
export const getQueueAttributes = operation({
  description: 'Attributes of a queue, with about how many messages it holds.',
  effect: 'read',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() =>
    z.object({
      ready: z.number().int().describe('Messages that wait, about.'),
      inFlight: z.number().int().describe('Messages that are being handled, about.'),
      delayed: z.number().int().describe('Messages that may not be seen yet, about.'),
      attributes: z.record(z.string(), z.string()).describe("All of them, in SQS' words."),
    }),
  ),
  errors: ['not_found'],
  async run(client: SqsClient, { queue }, { signal }) {
    const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs')
    const QueueUrl = await client.queueUrl(queue, signal)
    const { Attributes = {} } = await client.sdk.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      { abortSignal: signal },
    )
    return {
      ready: Number(Attributes['ApproximateNumberOfMessages'] ?? 0),
      inFlight: Number(Attributes['ApproximateNumberOfMessagesNotVisible'] ?? 0),
      delayed: Number(Attributes['ApproximateNumberOfMessagesDelayed'] ?? 0),
      attributes: Attributes,
    }
  },
})
