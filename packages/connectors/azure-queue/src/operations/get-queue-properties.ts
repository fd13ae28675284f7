import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { queueName } from '../message-schema.ts'

/** https://learn.microsoft.com/rest/api/storageservices/get-queue-metadata */
export const getQueueProperties = operation({
  description: 'About how many messages a queue holds, and its metadata.',
  effect: 'read',
  input: schema(() => z.strictObject({ queue: queueName() })),
  output: schema(() =>
    z.object({
      messages: z.number().int().describe('Those that are being handled included, about.'),
      metadata: z.record(z.string(), z.string()),
    }),
  ),
  errors: ['not_found'],
  async run({ sdk }: AzureQueueClient, { queue }, { signal }) {
    const { approximateMessagesCount = 0, metadata = {} } = await sdk
      .getQueueClient(queue)
      .getProperties({ abortSignal: signal })
    return { messages: approximateMessagesCount, metadata }
  },
})
