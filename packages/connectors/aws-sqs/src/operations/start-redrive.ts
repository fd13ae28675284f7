import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqsClient } from '../sqs-client.ts'

const arn = (description: string) =>
  z
    .string()
    .regex(/^arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(?:\.fifo)?$/, 'expected the ARN of a queue')
    .describe(description)

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
export const startRedrive = operation({
  description: 'Starts to move the messages of a dead-letter queue back to where they came from, or elsewhere.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      sourceArn: arn('The dead-letter queue.'),
      destinationArn: arn('Where to. Default: where each message came from.').optional(),
      messagesPerSecond: z.number().int().min(1).max(500).optional().describe('Default: as SQS sees fit.'),
    }),
  ),
  output: schema(() => z.object({ taskHandle: z.string() })),
  errors: ['not_found'],
  async run(client: SqsClient, { sourceArn, destinationArn, messagesPerSecond }, { signal }) {
    const { StartMessageMoveTaskCommand } = await import('@aws-sdk/client-sqs')
    const { TaskHandle = '' } = await client.sdk.send(
      new StartMessageMoveTaskCommand({
        SourceArn: sourceArn,
        DestinationArn: destinationArn,
        MaxNumberOfMessagesPerSecond: messagesPerSecond,
      }),
      { abortSignal: signal },
    )
    return { taskHandle: TaskHandle }
  },
})
