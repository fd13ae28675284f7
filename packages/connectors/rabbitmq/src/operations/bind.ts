import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { declarationArguments, entityName, shortText } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

/** Binds a queue, or an exchange, to an exchange. */
export const bind = operation({
  description: 'Binds a queue or an exchange to an exchange, so that it is given the messages with this routing key.',
  effect: 'idempotent',
  input: schema(() =>
    z
      .strictObject({
        exchange: entityName('The exchange that gives.'),
        queue: entityName('The queue that takes.').optional(),
        destinationExchange: entityName('The exchange that takes.').optional(),
        routingKey: shortText('Routing key, or a pattern of a topic exchange.').default(''),
        arguments: declarationArguments.optional(),
      })
      .refine(
        ({ queue, destinationExchange }) => (queue === undefined) !== (destinationExchange === undefined),
        'give either queue or destinationExchange',
      ),
  ),
  output: schema(() => z.object({ exchange: z.string(), routingKey: z.string() })),
  errors: ['not_found', 'conflict'],
  async run(client: RabbitmqClient, input, { signal }) {
    const { exchange, queue, destinationExchange = '', routingKey } = input
    const further = { ...input.arguments }
    const destination = queue === undefined ? `exchange:${destinationExchange}` : `queue:${queue}`
    const declare: Parameters<typeof client.topology.binding>[2] = (channel) =>
      queue === undefined
        ? channel.bindExchange(destinationExchange, exchange, routingKey, further)
        : channel.bindQueue(queue, exchange, routingKey, further)
    await client.command('bind', signal, declare)
    client.topology.binding([`exchange:${exchange}`, destination], `${routingKey} ${JSON.stringify(further)}`, declare)
    return { exchange, routingKey }
  },
})
