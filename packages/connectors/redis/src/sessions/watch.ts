import { session, type CallContext, schema } from '@casare/core'
import { z } from 'zod'
import type { RedisClient } from '../redis-client.ts'
import { keyInput } from '../value-schema.ts'
import { toArgument, type RedisValue } from '../values.ts'

/** Watches keys, for a transaction that runs only where they have not changed. */
export const watch = session({
  description:
    'Watches keys on a connection of its own: read them in the callback, then run one transaction, which is a conflict where one of them has changed since.',
  input: schema(() => z.strictObject({ keys: z.array(keyInput()).min(1).max(1_000) })),
  run: <Result>(
    client: RedisClient,
    { keys }: { keys: RedisValue[] },
    context: CallContext,
    work: (scoped: RedisClient) => Promise<Result>,
  ): Promise<Result> =>
    // With its connection the watch is over.
    client.hold(context.signal, async (held) => {
      await held.send(['WATCH', ...keys.map(toArgument)])
      return work(held)
    }),
})
