import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { AzureQueueClient } from '../azure-queue-client.ts'
import { metadata, queueName } from '../message-schema.ts'

/** https://learn.microsoft.com/rest/api/storageservices/create-queue4 */
export const createQueue = operation({
  description: 'Makes a queue; one that is there with the same metadata stays as it is.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: queueName(), metadata: metadata().optional() })),
  output: schema(() => z.object({})),
  errors: ['already_exists'],
  async run({ sdk }: AzureQueueClient, { queue, metadata: given }, { signal }) {
    await sdk.getQueueClient(queue).create({ abortSignal: signal, ...(given === undefined ? {} : { metadata: given }) })
    return {}
  },
})
