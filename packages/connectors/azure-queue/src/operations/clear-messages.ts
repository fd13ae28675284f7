import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { queueName } from '../message-schema.ts'

/** https://learn.microsoft.com/rest/api/storageservices/clear-messages */
export const clearMessages = operation({
  description: 'Deletes all messages of a queue.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run({ sdk }: AzureQueueClient, { queue }, { signal }) {
    await sdk.getQueueClient(queue).clearMessages({ abortSignal: signal })
    return {}
  },
})
