import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { metadata, queueName } from '../message-schema.ts'

/** https://learn.microsoft.com/rest/api/storageservices/set-queue-metadata */
export const setQueueMetadata = operation({
  description: 'Sets the metadata of a queue, in place of what was there.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName(), metadata: metadata() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run({ sdk }: AzureQueueClient, { queue, metadata: given }, { signal }) {
    await sdk.getQueueClient(queue).setMetadata(given, { abortSignal: signal })
    return {}
  },
})
