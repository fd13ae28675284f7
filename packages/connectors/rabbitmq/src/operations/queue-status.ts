import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Tells how many messages wait in a queue, and how many consumers it has. */
export const queueStatus = operation({
  description: 'Tells how many messages are ready in a queue, and how many consumers it has.',
  effect: 'read',
  input: schema(() => z.strictObject({ queue: entityName('Name of the queue.') })),
  output: schema(() =>
    z.object({
      messages: z.number().int().describe('Messages that are ready; those with a consumer are not counted.'),
      consumers: z.number().int(),
    }),
  ),
  errors: ['not_found', 'conflict'],
  async run(client: RabbitmqClient, { queue }, { signal }) {
    const { messageCount, consumerCount } = await client.command('queueStatus', signal, (channel) =>
      channel.checkQueue(queue),
    )
    return { messages: messageCount, consumers: consumerCount }
  },
})
