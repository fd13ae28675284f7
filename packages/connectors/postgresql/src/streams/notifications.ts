import { listens, stream, schema } from '@casare/core'
import { z } from 'zod'
import type { PostgresqlDatabase } from '../database.ts'
import { listenToChannels } from './listen-to-channels.ts'

/** What is sent with NOTIFY. */
export const notifications = stream({
  description: 'What others send to channels with NOTIFY or pg_notify().',
  listen: listens({
    description:
      'Listens to channels. PostgreSQL keeps nothing for those who are not there: after a lost connection comes an event of the kind "gap", which says from when to when notifications may have been missed.',
    input: schema(() =>
      z.strictObject({
        channels: z
          .array(z.string().min(1).max(63))
          .min(1)
          .max(100)
          .describe('Names of the channels, as they are written between quotes: NOTIFY "orders".'),
      }),
    ),
    event: schema(() =>
      z.discriminatedUnion('kind', [
        z.object({
          kind: z.literal('notification'),
          channel: z.string(),
          payload: z.string().describe('The text that was sent; empty without one.'),
          processId: z.number().int().describe('The server process of the sender.'),
        }),
        z.object({
          kind: z.literal('gap'),
          channels: z.array(z.string()),
          from: z.string().describe('When the connection was last known to stand.'),
          to: z.string().describe('Since when notifications arrive again.'),
        }),
      ]),
    ),
    heartbeatMs: 6_000,
    subscribe: (database: PostgresqlDatabase, input, context) => listenToChannels(database, input, context),
  }),
})
