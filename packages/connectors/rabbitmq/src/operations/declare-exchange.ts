import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { declarationArguments, entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Makes an exchange, where there is none of that name. */
export const declareExchange = operation({
  description: 'Makes an exchange where there is none of that name; one with the same properties is left as it is.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      exchange: entityName('Name of the exchange.'),
      kind: z
        .enum(['direct', 'topic', 'fanout', 'headers'])
        .default('direct')
        .describe('How it routes (https://www.rabbitmq.com/docs/exchanges#types).'),
      durable: z.boolean().default(true).describe('Survives a restart of the broker.'),
      autoDelete: z.boolean().default(false).describe('Goes with its last binding.'),
      internal: z.boolean().default(false).describe('Takes messages from other exchanges only.'),
      alternateExchange: entityName('Takes the messages that this one can route nowhere.').optional(),
      arguments: declarationArguments.optional(),
    }),
  ),
  output: schema(() => z.object({ exchange: z.string() })),
  errors: ['conflict'],
  async run(client: RabbitmqClient, input, { signal }) {
    const { exchange, kind, durable, autoDelete, internal, alternateExchange } = input
    const options = {
      durable,
      autoDelete,
      internal,
      ...(alternateExchange === undefined ? {} : { alternateExchange }),
      arguments: { ...input.arguments },
    }
    await client.command('declareExchange', signal, (channel) => channel.assertExchange(exchange, kind, options))
    client.topology.entity('exchange', exchange, (channel) => channel.assertExchange(exchange, kind, options))
    return { exchange }
  },
})
