import { ConnectorError } from '@casare/core'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { digitReplies, type RedisClient } from './redis-client.ts'

/** Takes the lock where it is free, or ours already, so that a lost answer can be asked for again; else tells how long it lasts. */
const acquireScript = `
if redis.call('set', KEYS[1], ARGV[1], 'nx', 'px', ARGV[2]) then
  return {1, redis.call('incr', KEYS[2])}
end
if redis.call('get', KEYS[1]) == ARGV[1] then
  redis.call('pexpire', KEYS[1], ARGV[2])
  return {1, redis.call('get', KEYS[2])}
end
return {0, redis.call('pttl', KEYS[1])}`

const renewScript = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0`

const releaseScript = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`

const minPauseMs = 20
const maxPauseMs = 250

/**
 * Waits for the lock.
 * @throws `conflict` where another holds it for longer than `waitMs`.
 */
export async function acquireLock(
  client: RedisClient,
  { key, leaseMs, waitMs }: { readonly key: string; readonly leaseMs: number; readonly waitMs: number },
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly fencing: bigint }> {
  const token = randomUUID()
  const until = performance.now() + waitMs
  for (;;) {
    signal.throwIfAborted()
    const command = ['EVAL', acquireScript, '2', key, `${key}:fencing`, token, String(leaseMs)]
    const [taken, number] = (await client.send(command, digitReplies)) as [string, string]
    if (taken === '1') return { token, fencing: BigInt(number) }
    const left = until - performance.now()
    if (left <= 0)
      throw new ConnectorError({
        code: 'conflict',
        applied: 'no',
        transient: true,
        message: `Redis: the lock "${key}" is held by another, for longer than ${waitMs} ms.`,
      })
    const free = Number(number)
    await pause(
      Math.min(left, Math.max(minPauseMs, Math.min(free, maxPauseMs * (0.5 + Math.random() / 2)))),
      undefined,
      {
        signal,
      },
    )
  }
}

/** @returns false where the lock is not ours any more. */
export async function renewLock(client: RedisClient, key: string, token: string, leaseMs: number): Promise<boolean> {
  return (await client.send(['EVAL', renewScript, '1', key, token, String(leaseMs)])) === 1
}

/** Ends the lock where it is ours; never that of another. */
export async function releaseLock(client: RedisClient, key: string, token: string): Promise<void> {
  await client.send(['EVAL', releaseScript, '1', key, token])
}
