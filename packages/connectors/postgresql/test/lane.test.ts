import { faultProxy, type FaultProxy } from '@casare/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'
import { ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

const resilience = { retry: { baseMs: 1, capMs: 20, maxAttempts: 10 }, breaker: false, budget: false } as const
const numbers = (count: number): number[] => Array.from({ length: count }, (_one, index) => index)

/** How many of the answers came from one and the same server process. */
function mostOf(processes: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const one of processes) counts.set(one, (counts.get(one) ?? 0) + 1)
  return Math.max(...counts.values())
}

await describeWithPeer('postgresql', {}, (server) => {
  let database: OwnDatabase
  let proxy: FaultProxy
  let db: ReturnType<typeof postgresql>
  beforeEach(async () => {
    database = await ownDatabase(server().url)
    proxy = await faultProxy(database.address)
    const url = urlAt(database.config.url, { host: proxy.host, port: proxy.port, secure: false })
    db = postgresql({ url, resilience, pool: { max: 4 } })
    // The shared connection is opened when the others are found to be at work.
    await until(async () => mostOf(await burst(60)) > 30, 'one connection is shared')
  })
  afterEach(async () => {
    await release()
    await db.close()
    await proxy.close()
    await database.close()
  })
  const read = async (number: number, signal?: AbortSignal): Promise<number> => {
    const { rows } = await db.query<{ number: number; process: number }>(
      { text: 'select $1::int as number, pg_backend_pid() as process', values: [number] },
      { effect: 'read', signal },
    )
    expect(rows[0]?.number).toBe(number)
    return rows[0]?.process ?? 0
  }
  const burst = (count: number): Promise<number[]> => Promise.all(numbers(count).map((number) => read(number)))
  const active = async (query: string): Promise<number> => {
    const rows = await database.run(
      "select from pg_stat_activity where datname = current_database() and query like $1 and state = 'active'",
      [query],
    )
    return rows.length
  }
  let release = async (): Promise<void> => undefined
  /** Keeps so many connections at work until they are released; three are all but the shared one. */
  const occupy = async (count = 3): Promise<void> => {
    const controller = new AbortController()
    const sleeping = numbers(count).map((number) =>
      db.query({ text: `select pg_sleep(60 + ${number})` }, { signal: controller.signal }).catch(() => undefined),
    )
    release = async () => {
      controller.abort()
      await Promise.all(sleeping)
      release = async () => undefined
    }
    await until(async () => (await active('select pg_sleep(60 +%')) === count, 'they sleep')
  }

  test('many reads at once share one connection beside the pool, within its limit', async () => {
    const seen = new Set<number>()
    // On a busy machine the others may be free often enough to take a good part of a burst.
    await until(async () => {
      const processes = await burst(300)
      for (const one of processes) seen.add(one)
      return mostOf(processes) > 100
    }, 'one connection has a third of a burst and more')
    expect(seen.size).toBeLessThanOrEqual(4)
    expect(proxy.stats.peakOpen).toBeLessThanOrEqual(4)
  })

  test('a failure is its own: those before and behind it have their answers', async () => {
    // One is left for reads that the shared connection turns away when it is slow.
    await occupy(2)
    const answers = await Promise.allSettled(
      numbers(60).map((number) =>
        number % 10 === 3
          ? db.query({ text: 'select 1 / ($1::int - $1::int)', values: [number] }, { effect: 'read' })
          : read(number),
      ),
    )
    for (const [number, { status }] of answers.entries())
      expect(status).toBe(number % 10 === 3 ? 'rejected' : 'fulfilled')
    expect(answers[3]).toMatchObject({ reason: { code: 'invalid_input', vendorCode: '22012' } })
    await release()
  })

  test('an aborted read is stopped on the server, and those behind it go on', async () => {
    await occupy()
    const controller = new AbortController()
    const slow = db.query({ text: 'select pg_sleep(90)' }, { effect: 'read', signal: controller.signal })
    const failed = expect(slow).rejects.toMatchObject({ code: 'cancelled' })
    const behind = Promise.all(numbers(20).map((number) => read(number)))
    await until(async () => (await active('select pg_sleep(90)')) === 1, 'the slow one runs')
    controller.abort()
    await failed
    expect(new Set(await behind).size).toBe(1)
    await release()
  })

  test('a lost connection: all that was on its way is read again', async () => {
    await occupy()
    for (let round = 0; round < 5; round += 1) {
      const reading = burst(50)
      await database.run(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query not like 'select pg_sleep%'",
      )
      // Without the shared connection they wait for one of the others.
      if (round === 0) await release()
      expect(await reading).toHaveLength(50)
    }
  })

  test('what may change something has a connection of its own', async () => {
    await database.run('create table things (id int)')
    await occupy()
    const controller = new AbortController()
    const waiting = db.execute({ text: 'insert into things values (1)' }, { signal: controller.signal })
    const failed = expect(waiting).rejects.toMatchObject({ code: 'cancelled' })
    await burst(20)
    expect(await database.run('select from things')).toEqual([])
    controller.abort()
    await failed
    await release()
  })
})
