import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Deletes an exchange with its bindings. */
export const deleteExchange = operation({
  description: 'Deletes an exchange with its bindings; deleting one that is not there does nothing.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      exchange: entityName('Name of the exchange.'),
      ifUnused: z.boolean().default(false).describe('Only where nothing is bound to it.'),
    }),
  ),
  output: schema(() => z.object({ exchange: z.string() })),
  errors: ['conflict'],
  async run(client: RabbitmqClient, { exchange, ifUnused }, { signal }) {
    await client.command('deleteExchange', signal, (channel) => channel.deleteExchange(exchange, { ifUnused }))
    client.topology.forget('exchange', exchange)
    return { exchange }
  },
})
