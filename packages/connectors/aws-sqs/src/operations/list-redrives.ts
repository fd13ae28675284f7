import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html */
export const listRedrives = operation({
  description: 'The latest moves out of a dead-letter queue, ten at most.',
  effect: 'read',
  input: schema(() => z.strictObject({ sourceArn: z.string().min(1).describe('ARN of the dead-letter queue.') })),
  output: schema(() =>
    z.object({
      tasks: z.array(
        z.object({
          status: z.string().describe('RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.'),
          taskHandle: z.string().optional().describe('While it is running.'),
          moved: z.number().int().describe('Messages moved, about.'),
          toMove: z.number().int().optional().describe('Messages there were to move, about.'),
          messagesPerSecond: z.number().int().optional(),
          failureReason: z.string().optional(),
        }),
      ),
    }),
  ),
  errors: ['not_found'],
  async run(client: SqsClient, { sourceArn }, { signal }) {
    const { ListMessageMoveTasksCommand } = await import('@aws-sdk/client-sqs')
    const { Results = [] } = await client.sdk.send(
      new ListMessageMoveTasksCommand({ SourceArn: sourceArn, MaxResults: 10 }),
      { abortSignal: signal },
    )
    return {
      tasks: Results.map((task) => ({
        status: task.Status ?? 'UNKNOWN',
        taskHandle: task.TaskHandle,
        moved: task.ApproximateNumberOfMessagesMoved ?? 0,
        toMove: task.ApproximateNumberOfMessagesToMove,
        messagesPerSecond: task.MaxNumberOfMessagesPerSecond,
        failureReason: task.FailureReason,
      })),
    }
  },
})
