import { operation, schema } from '@casare/core'
import type { Channel } from 'amqplib'
import { z } from 'zod'
import { notApplied } from '../errors.ts'
import { arrivedMessage, decode } from '../message-schema.ts'
import { entityName } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { toMessage } from '../to-message.ts'

/** Takes one message off a queue, or looks at it. */
export const getMessage = operation({
  description:
    'Takes the first message off a queue, or looks at it and leaves it there (marked as redelivered from then on).',
  effect: ({ mode }) => (mode === 'peek' ? 'idempotent' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      queue: entityName('Name of the queue.'),
      mode: z
        .enum(['take', 'peek'])
        .describe('"take" acknowledges the message once it has arrived here; "peek" gives it back.'),
      decode,
    }),
  ),
  output: schema(() =>
    z.object({
      message: arrivedMessage.nullable().describe('The message; null where the queue is empty.'),
      remaining: z.number().int().describe('Messages that are ready after this one.'),
      acknowledged: z
        .boolean()
        .describe(
          'The broker has removed it. False after "peek", for an empty queue, and where the connection was lost just then: it may come again.',
        ),
    }),
  ),
  errors: ['not_found', 'conflict'],
  run: (client: RabbitmqClient, { queue, mode, decode: how }, { signal }) =>
    client.command('getMessage', signal, async (channel) => {
      // Until it is acknowledged, whatever goes wrong gives the message back, marked as redelivered.
      const raw = await channel.get(queue, { noAck: false }).catch((error: unknown) => {
        throw mode === 'take' ? notApplied(error) : error
      })
      if (raw === false) return { message: null, remaining: 0, acknowledged: false }
      const remaining = raw.fields.messageCount
      let message: ReturnType<typeof toMessage>
      try {
        message = toMessage(raw, how)
      } catch (error) {
        channel.nack(raw, false, true)
        throw error
      }
      if (mode === 'take') {
        channel.ack(raw)
        return { message, remaining, acknowledged: await isProcessed(channel) }
      }
      channel.nack(raw, false, true)
      return { message, remaining: remaining + 1, acknowledged: false }
    }),
})

/** An answer to a later command proves that the earlier ones were carried out. The message is here: a failure must not lose it. */
function isProcessed(channel: Channel): Promise<boolean> {
  return channel.checkExchange('amq.direct').then(
    () => true,
    () => false,
  )
}
