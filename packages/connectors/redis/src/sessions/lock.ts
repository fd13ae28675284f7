import { session, type CallContext, schema } from '@casare/core'
import { z } from 'zod'
import { HeldLock } from '../held-lock.ts'
import { acquireLock } from '../lock-scripts.ts'
import type { RedisClient } from '../redis-client.ts'

interface LockInput {
  readonly key: string
  readonly leaseMs: number
  readonly waitMs: number
}

/** Holds a lock while a callback runs. */
export const lock = session({
  description:
    'Holds a lock while the callback runs, renewed as long as it does. The fencing number grows with each holder: give it to what is guarded, which refuses smaller ones. One server only, no Redlock.',
  input: schema(() =>
    z.strictObject({
      key: z.string().min(1).describe('Key of the lock; beside it lies KEY:fencing.'),
      leaseMs: z
        .number()
        .int()
        .min(100)
        .max(3_600_000)
        .default(30_000)
        .describe('The lock of a holder that died ends after this time, in milliseconds.'),
      waitMs: z
        .number()
        .int()
        .min(0)
        .max(86_400_000)
        .default(10_000)
        .describe('The longest wait for another holder, in milliseconds; then it is a conflict.'),
    }),
  ),
  async run<Result>(
    client: RedisClient,
    input: LockInput,
    context: CallContext,
    work: (scoped: HeldLock) => Promise<Result>,
  ): Promise<Result> {
    const { token, fencing } = await acquireLock(client, input, context.signal)
    const held = new HeldLock(client, { ...input, token, fencing })
    try {
      const result = await work(held)
      held.assertHeld()
      return result
    } finally {
      await held.release()
    }
  },
})
