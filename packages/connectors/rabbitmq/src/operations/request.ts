import { ConnectorError, factsOf, operation, schema } from '@casare/core'
import type { Message as DriverMessage } from 'amqplib'
import { z } from 'zod'
import type { Decode, Message } from '../message.ts'
import { arrivedMessage, decode, outgoingFields } from '../message-schema.ts'
import { entityName, shortText } from '../name-schema.ts'
import { toOutgoing } from '../publishing/to-outgoing.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { toMessage } from '../to-message.ts'

const { correlationId: _correlationId, replyTo: _replyTo, ...fields } = outgoingFields

/** Sends a message and waits for the answer to it. */
export const request = operation({
  description: 'Sends a message and waits for the answer to it (remote procedure call by reply queue).',
  effect: 'unsafe',
  input: schema(() =>
    z
      .strictObject({
        queue: entityName('Name of the queue to send to.').optional(),
        exchange: entityName('Name of the exchange to send to.').optional(),
        routingKey: shortText('Routing key for the exchange.').optional(),
        ...fields,
        waitMs: z
          .number()
          .int()
          .min(1)
          .max(3_600_000)
          .default(30_000)
          .describe('The longest wait for the answer, in milliseconds; nobody is given the request after that.'),
        decode,
      })
      .refine(
        ({ queue, exchange, routingKey }) =>
          (queue === undefined) !== (exchange === undefined) && !(queue !== undefined && routingKey !== undefined),
        'give either queue, or exchange and routingKey',
      ),
  ),
  output: schema(() => z.object({ answer: arrivedMessage })),
  errors: ['not_found'],
  async run(client: RabbitmqClient, input, { signal, idempotencyKey }) {
    const { queue, exchange = '', routingKey = queue ?? '', waitMs, decode: how } = input
    const outgoing = toOutgoing({ expirationMs: waitMs, ...input }, routingKey, idempotencyKey)
    const openMs = client.timeouts.connectMs + client.timeouts.readMs
    const raw = await client.requests.send({ exchange, signal, waitMs, openMs }, outgoing)
    return { answer: answerOf(raw, how) }
  },
})

/** @throws `invalid_input` with `applied: 'yes'`: the request was answered, and the answer cannot be read. */
function answerOf(raw: DriverMessage, how: Decode): Message {
  try {
    return toMessage(raw, how)
  } catch (error) {
    if (!ConnectorError.is(error)) throw error
    throw new ConnectorError({ ...factsOf(error), message: `The answer: ${error.message}`, applied: 'yes' })
  }
}
