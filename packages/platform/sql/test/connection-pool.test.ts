import { expect, test } from '@jest/globals'
import { ConnectionPool, type PooledConnection } from '../src/index.ts'

class Connection implements PooledConnection {
  readonly openedAt = performance.now()
  idleSince = 0
  readonly isLost = false
  readonly altered = false
  readonly inTransaction = false
  onLost(): void {}
  async end(): Promise<void> {}
  destroy(): void {}
}

function poolOf(pool: { max: number; acquireMs: number }): ConnectionPool<Connection> {
  return new ConnectionPool({ title: 'A', open: async () => new Connection(), toError: (error) => error, pool })
}
const patient = new AbortController().signal

test('who waits for longer than acquireMs is told so, each after its own time', async () => {
  const pool = poolOf({ max: 1, acquireMs: 100 })
  await pool.acquire(patient)
  const startedAt = performance.now()
  const waits = async (): Promise<number> => {
    await expect(pool.acquire(patient)).rejects.toMatchObject({ code: 'unavailable', applied: 'no', transient: true })
    return performance.now() - startedAt
  }
  const first = waits()
  await new Promise((resolve) => setTimeout(resolve, 60))
  const second = waits()
  const [afterFirst, afterSecond] = await Promise.all([first, second])
  expect(afterFirst).toBeGreaterThanOrEqual(98)
  expect(afterSecond).toBeGreaterThanOrEqual(158)
})

test('one that is given back goes to who has waited longest; an abort lets only its own waiter go', async () => {
  const pool = poolOf({ max: 1, acquireMs: 100 })
  const held = await pool.acquire(patient)
  const impatient = new AbortController()
  const aborted = pool.acquire(impatient.signal)
  const next = pool.acquire(patient)
  const last = pool.acquire(patient)
  impatient.abort(new Error('enough'))
  await expect(aborted).rejects.toThrow('enough')
  pool.release(held)
  expect(await next).toBe(held)
  await expect(last).rejects.toMatchObject({ code: 'unavailable' })
  // Nobody waits: who comes now has all its time.
  const late = pool.acquire(patient)
  setTimeout(() => pool.release(held), 50)
  expect(await late).toBe(held)
})
