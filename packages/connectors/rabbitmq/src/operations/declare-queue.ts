import { operation, schema } from '@casare/core'
import type { Options } from 'amqplib'
import { z } from 'zod'
import { declarationArguments, entityName, shortText } from '../name-schema.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'

const input = z
  .strictObject({
    queue: entityName('Name of the queue.'),
    kind: z
      .enum(['classic', 'quorum'])
      .default('classic')
      .describe('A quorum queue is kept on several nodes (https://www.rabbitmq.com/docs/quorum-queues).'),
    durable: z.boolean().default(true).describe('Survives a restart of the broker.'),
    autoDelete: z.boolean().default(false).describe('Goes with its last consumer.'),
    messageTtlMs: z
      .number()
      .int()
      .min(0)
      .max(4_294_967_295)
      .optional()
      .describe('How long a message may wait, in milliseconds; then it is dead-lettered or dropped.'),
    expiresMs: z
      .number()
      .int()
      .min(1)
      .max(4_294_967_295)
      .optional()
      .describe('Removes the queue after this long without use, in milliseconds.'),
    maxMessages: z.number().int().min(0).max(2_147_483_647).optional().describe('The most messages it holds.'),
    maxBytes: z
      .number()
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('The most bytes of bodies it holds.'),
    overflow: z
      .enum(['drop-head', 'reject-publish', 'reject-publish-dlx'])
      .optional()
      .describe('What it does when it is full. Default: drops the oldest.'),
    deadLetterExchange: shortText(
      'Takes what is rejected, expires or is pushed out; "" goes straight to a queue.',
    ).optional(),
    deadLetterRoutingKey: shortText('Routing key for them. Default: their own.').optional(),
    deliveryLimit: z
      .number()
      .int()
      .min(0)
      .max(2_147_483_647)
      .optional()
      .describe('Quorum queues: how often a message is given back; then it is dead-lettered.'),
    maxPriority: z.number().int().min(1).max(255).optional().describe('Classic queues: the highest priority.'),
    singleActiveConsumer: z.boolean().default(false).describe('Only one consumer at a time is given messages.'),
    arguments: declarationArguments.optional(),
  })
  .refine(({ kind, durable, autoDelete }) => kind === 'classic' || (durable && !autoDelete), {
    message: 'a quorum queue is durable and not deleted by itself',
    path: ['kind'],
  })

/** Makes a queue, where there is none of that name. */
export const declareQueue = operation({
  description: 'Makes a queue where there is none of that name; one with the same properties is left as it is.',
  effect: 'idempotent',
  input,
  output: schema(() =>
    z.object({
      queue: z.string(),
      messages: z.number().int().describe('Messages that are ready in it.'),
      consumers: z.number().int(),
    }),
  ),
  errors: ['conflict'],
  async run(client: RabbitmqClient, parsed, { signal }) {
    const options = optionsOf(parsed)
    const { queue } = parsed
    const { messageCount, consumerCount } = await client.command('declareQueue', signal, (channel) =>
      channel.assertQueue(queue, options),
    )
    client.topology.entity('queue', queue, (channel) => channel.assertQueue(queue, options))
    return { queue, messages: messageCount, consumers: consumerCount }
  },
})

function optionsOf(parsed: z.output<typeof input>): Options.AssertQueue {
  const given = {
    'x-queue-type': parsed.kind === 'quorum' ? 'quorum' : undefined,
    'x-message-ttl': parsed.messageTtlMs,
    'x-expires': parsed.expiresMs,
    'x-max-length': parsed.maxMessages,
    'x-max-length-bytes': parsed.maxBytes,
    'x-overflow': parsed.overflow,
    'x-dead-letter-exchange': parsed.deadLetterExchange,
    'x-dead-letter-routing-key': parsed.deadLetterRoutingKey,
    'x-delivery-limit': parsed.deliveryLimit,
    'x-max-priority': parsed.maxPriority,
    'x-single-active-consumer': parsed.singleActiveConsumer || undefined,
  }
  const stated = Object.entries(given).filter(([, value]) => value !== undefined)
  return {
    durable: parsed.durable,
    autoDelete: parsed.autoDelete,
    arguments: { ...parsed.arguments, ...Object.fromEntries(stated) },
  }
}
