import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Deletes a queue with its messages. */
export const deleteQueue = operation({
  description: 'Deletes a queue with its messages; deleting one that is not there does nothing.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      queue: entityName('Name of the queue.'),
      ifUnused: z.boolean().default(false).describe('Only where it has no consumer.'),
      ifEmpty: z.boolean().default(false).describe('Only where no message is ready in it.'),
    }),
  ),
  output: schema(() => z.object({ removed: z.number().int().describe('How many messages went with it.') })),
  errors: ['conflict'],
  async run(client: RabbitmqClient, { queue, ifUnused, ifEmpty }, { signal }) {
    const { messageCount } = await client.command('deleteQueue', signal, (channel) =>
      channel.deleteQueue(queue, { ifUnused, ifEmpty }),
    )
    client.topology.forget('queue', queue)
    return { removed: messageCount }
  },
})
