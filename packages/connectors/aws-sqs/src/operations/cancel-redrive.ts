import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { SqsClient } from '../sqs-client.ts'

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html */
export const cancelRedrive = operation({
  description: 'Stops a move out of a dead-letter queue; what was moved stays moved.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ taskHandle: z.string().min(1).describe('From startRedrive or listRedrives.') })),
  output: schema(() => z.object({ moved: z.number().int().describe('Messages moved, about.') })),
  errors: ['not_found'],
  async run(client: SqsClient, { taskHandle }, { signal }) {
    const { CancelMessageMoveTaskCommand } = await import('@aws-sdk/client-sqs')
    const { ApproximateNumberOfMessagesMoved = 0 } = await client.sdk.send(
      new CancelMessageMoveTaskCommand({ TaskHandle: taskHandle }),
      { abortSignal: signal },
    )
    return { moved: ApproximateNumberOfMessagesMoved }
  },
})
