import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { queueName } from '../message-schema.ts'

/** https://learn.microsoft.com/rest/api/storageservices/delete-queue3 */
export const deleteQueue = operation({
  description: 'Deletes a queue with all of its messages; its name is free again after half a minute.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run({ sdk }: AzureQueueClient, { queue }, { signal }) {
    await sdk.getQueueClient(queue).delete({ abortSignal: signal })
    return {}
  },
})
