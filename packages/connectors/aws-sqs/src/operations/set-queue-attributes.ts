import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { queueAttributes } from '../queue-attributes.ts'
import { queueName } from '../message-schema.ts'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
export const setQueueAttributes = operation({
  description: 'Changes attributes of a queue; it may take a minute until they hold.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName(), attributes: queueAttributes() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: SqsClient, { queue, attributes }, { signal }) {
    const { SetQueueAttributesCommand } = await import('@aws-sdk/client-sqs')
    const QueueUrl = await client.queueUrl(queue, signal)
    await client.sdk.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: attributes }), { abortSignal: signal })
    return {}
  },
})
