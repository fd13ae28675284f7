import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Removes all messages that are ready in a queue. */
export const purgeQueue = operation({
  description: 'Removes all messages that are ready in a queue; those that a consumer holds stay.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ queue: entityName('Name of the queue.') })),
  output: schema(() => z.object({ removed: z.number().int().describe('How many there were.') })),
  errors: ['not_found', 'conflict'],
  async run(client: RabbitmqClient, { queue }, { signal }) {
    const { messageCount } = await client.command('purgeQueue', signal, (channel) => channel.purgeQueue(queue))
    return { removed: messageCount }
  },
})
