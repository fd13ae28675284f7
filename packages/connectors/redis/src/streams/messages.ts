import { listens, stream, writes, schema } from '@casare/core'
import { z } from 'zod'
import { subscribeMessages } from './subscribe-messages.ts'
import { writeEach } from './write-each.ts'
import type { RedisClient } from '../redis-client.ts'
import { asInput, redisValue } from '../value-schema.ts'
import { toArgument } from '../values.ts'

const channelNames = () => z.array(z.string().min(1)).max(1_000).default([])

/** Messages of channels (pub/sub): at most once. */
export const messages = stream({
  description: 'Messages of channels (pub/sub). At most once: who does not listen at that moment misses them.',
  listen: listens({
    description:
      'Hands over messages as they are published. At most once: what is published while the connection is lost, or while 10,000 messages wait for the handler, is missed and raises an event. For more, use entries.',
    input: schema(() =>
      z.strictObject({
        channels: channelNames().describe('Names of channels.'),
        patterns: channelNames().describe('Patterns of names: news.*.'),
        as: asInput(),
      }),
    ),
    event: schema(() =>
      z.object({
        channel: z.string(),
        pattern: z.string().nullable().describe('The pattern by which it was found; null for a channel by its name.'),
        message: redisValue('The message.'),
      }),
    ),
    heartbeatMs: 5_000,
    subscribe: subscribeMessages,
  }),
  write: writes({
    description: 'Publishes messages. Only who listens at that moment gets them.',
    input: schema(() => z.strictObject({})),
    record: schema(() => z.strictObject({ channel: z.string().min(1), message: redisValue('The message.') })),
    effect: 'unsafe',
    maxBatchRecords: 1_000,
    write: (client: RedisClient, records) =>
      writeEach(
        client,
        records.map(({ channel, message }) => ['PUBLISH', channel, toArgument(message)]),
      ),
  }),
})
