import { ConnectorError } from '@casare/core'
import { faultProxy, seededRandom, type FaultProxy } from '@casare/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { describeWithPeer, planPeer, startPrivatePeer, type PrivatePeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'
import { connected, crash, ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

const tables = `
  create table accounts (id integer primary key, total integer not null);
  create table entries (id integer primary key, text text);
  insert into accounts values (1, 0), (2, 0);`
/** Faults come one after the other: a breaker or budget would keep the later ones from happening. */
const resilience = { retry: { baseMs: 1, capMs: 20, maxAttempts: 10 }, breaker: false, budget: false } as const

await describeWithPeer('postgresql', {}, (server) => {
  let database: OwnDatabase
  let proxy: FaultProxy
  let url: string
  const open: { close(): Promise<unknown> }[] = []
  beforeEach(async () => {
    database = await ownDatabase(server().url, tables)
    proxy = await faultProxy(database.address)
    url = urlAt(database.config.url, { host: proxy.host, port: proxy.port, secure: false })
  })
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
    await proxy.close()
    await database.close()
  })
  const connect = (config: object = {}) => {
    const db = postgresql({ url, resilience, ...config })
    open.push(db)
    return db
  }
  const total = async (): Promise<unknown> =>
    (await database.run('select total from accounts where id = 1'))[0]?.['total']
  const grow = { text: 'update accounts set total = total + 1 where id = 1' }

  describe('the answer to a COMMIT is lost', () => {
    /** Bytes of the look-up of this transaction's id, each way, once the connection knows the statement. */
    const measured = async (
      tx: Pick<ReturnType<typeof postgresql>, 'query'>,
    ): Promise<{ request: number; response: number }> => {
      const lookUp = { text: 'select pg_catalog.txid_current_if_assigned()::text as id' }
      // The first runs unnamed, the second names it.
      await tx.query(lookUp)
      await tx.query(lookUp)
      const before = { ...proxy.stats }
      await tx.query(lookUp)
      return {
        request: proxy.stats.requestBytes - before.requestBytes,
        response: proxy.stats.responseBytes - before.responseBytes,
      }
    }

    test('it was committed: the look-up finds that out, and the call succeeds', async () => {
      await connect().transaction(async (tx) => {
        await tx.execute(grow)
        const { response } = await measured(tx)
        await proxy.arm({ kind: 'reset', direction: 'response', afterBytes: response })
      })
      expect(proxy.strikes).toHaveLength(1)
      expect(await total()).toBe(1)
    })

    test('it never arrived: the look-up finds that out, applied no', async () => {
      await expect(
        connect().transaction(async (tx) => {
          await tx.execute(grow)
          const { request } = await measured(tx)
          await proxy.arm({ kind: 'reset', direction: 'request', afterBytes: request + 1 })
        }),
      ).rejects.toMatchObject({ code: 'unavailable', applied: 'no', message: expect.stringContaining('rolled back') })
      expect(proxy.strikes).toHaveLength(1)
      expect(await total()).toBe(0)
    })

    test('without the id: outcome_unknown', async () => {
      await expect(
        connect().transaction(
          async (tx) => {
            await tx.execute(grow)
            await proxy.arm({ kind: 'cut' })
          },
          { traceable: false },
        ),
      ).rejects.toMatchObject({ code: 'outcome_unknown', applied: 'maybe', retryable: false })
      expect(await total()).toBe(1)
    })
  })

  test('a connection that is lost in mid-transaction: nothing was applied, and it says so', async () => {
    await expect(
      connect().transaction(async (tx) => {
        await tx.execute(grow)
        await proxy.arm({ kind: 'cut' })
        await tx.execute(grow)
      }),
    ).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
    expect(await total()).toBe(0)
  })

  test('a transaction whose failed statement was ignored is not committed, and says so', async () => {
    await expect(
      connect().transaction(async (tx) => {
        await tx.execute(grow)
        await tx.execute({ text: 'select 1 / 0' }).catch(() => undefined)
      }),
    ).rejects.toMatchObject({ code: 'conflict', applied: 'no' })
    expect(await total()).toBe(0)
  })

  test('serialization failures and deadlocks: again, where that was stated', async () => {
    const db = connect()
    let calls = 0
    const both = (retries: number) => {
      let holding = 0
      return Promise.allSettled(
        [1, 2].map((first) => {
          let met = false
          return db.transaction(
            async (tx) => {
              calls += 1
              await tx.execute({ text: 'update accounts set total = total + 1 where id = $1', values: [first] })
              // Each holds the row that the other wants next: counted once its row is locked, not when it begins.
              if (!met) {
                met = true
                holding += 1
                await until(() => Promise.resolve(holding === 2), 'both hold a row')
              }
              await tx.execute({ text: 'update accounts set total = total + 1 where id = $1', values: [3 - first] })
            },
            { retries },
          )
        }),
      )
    }
    const [left, right] = await both(0)
    const failed = [left, right].filter((one) => one?.status === 'rejected')
    expect(failed).toMatchObject([{ reason: { code: 'conflict', vendorCode: '40P01', applied: 'no' } }])
    calls = 0
    expect((await both(5)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
    expect(calls).toBeGreaterThanOrEqual(3)
    expect(await total()).toBe(3)
  })

  test('a pool that is used up: unavailable, applied no, and free again', async () => {
    const db = connect({ pool: { max: 1, acquireMs: 500 }, resilience: false })
    await db.transaction(async () => {
      await expect(db.query({ text: 'select 1' })).rejects.toMatchObject({
        code: 'unavailable',
        applied: 'no',
        message: expect.stringContaining('pool.max'),
      })
    })
    expect((await db.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }])
  })

  test('too many connections for the server: those that stand serve all', async () => {
    const [limit] = await database.run(
      "select format('alter database %I connection limit 3', current_database()) as text",
    )
    await database.run(String(limit?.['text']))
    await database.run(
      "do $$ begin if not exists (select from pg_roles where rolname = 'casare_limited') then create role casare_limited login password 'casare-limited'; end if; end $$",
    )
    await database.run('grant all on all tables in schema public to casare_limited')
    const limited = new URL(url)
    limited.username = 'casare_limited'
    limited.password = 'casare-limited'
    const db = connect({ url: limited.href, pool: { max: 10 } })
    const answers = await Promise.all(
      Array.from(
        { length: 30 },
        async () => (await db.query({ text: 'select pg_sleep(0.01), 1 as one' })).rows[0]?.['one'],
      ),
    )
    expect(answers).toEqual(Array.from({ length: 30 }, () => 1))
  })

  test('2,000 rows through random cuts, by upsert: none lost, none doubled', async () => {
    const random = seededRandom(7)
    const db = connect()
    await db.$.open()
    let done = false
    const faults = (async () => {
      while (!done) {
        const afterBytes = Math.floor(random() * 6_000)
        const [strikes, passed] = [proxy.strikes.length, proxy.stats.requestBytes]
        if (random() < 0.5) await proxy.arm({ kind: 'reset', direction: 'request', afterBytes })
        else {
          await until(() => done || proxy.stats.requestBytes > passed + afterBytes, 'bytes have passed')
          await proxy.arm({ kind: 'cut' })
        }
        await until(() => done || proxy.strikes.length > strikes, 'the fault strikes')
      }
    })()
    const rows = Array.from({ length: 2_000 }, (_one, id) => ({ id, text: `text ${id}` }))
    const result = await db.rows.write(rows, { table: 'entries', key: ['id'] }, { batchRecords: 20 })
    done = true
    await faults
    await proxy.heal()
    expect(result).toEqual({ succeeded: 2_000, failed: [] })
    expect(proxy.strikes.length).toBeGreaterThan(5)
    expect(
      await database.run('select count(*)::int as count, count(distinct text)::int as texts from entries'),
    ).toEqual([{ count: 2_000, texts: 2_000 }])
  })
})

const plan = await planPeer('postgresql', { environment: {} })
if (plan.source === 'private')
  describe('a server that is killed', () => {
    let server: PrivatePeer
    let database: OwnDatabase
    beforeAll(async () => {
      server = await startPrivatePeer('postgresql', { tls: false })
      database = await ownDatabase(server.url, tables)
    }, 60_000)
    afterAll(async () => {
      await server.stop()
    })

    test('crashes under load: what was acknowledged is there, once, and every transaction whole', async () => {
      const db = postgresql({ url: database.config.url, resilience })
      const known = { yes: new Set<number>(), no: new Set<number>() }
      let next = 0
      let crashes = 0
      const work = async (): Promise<void> => {
        while (next < 600) {
          const id = (next += 1)
          try {
            await db.transaction(async (tx) => {
              await tx.execute({ text: 'insert into entries values ($1, $2)', values: [id, 'x'] })
              await tx.execute(grow)
            })
            known.yes.add(id)
          } catch (error) {
            if (ConnectorError.is(error) && error.applied === 'no') known.no.add(id)
          }
        }
      }
      const grow = { text: 'update accounts set total = total + 1 where id = 1' }
      const workers = Array.from({ length: 8 }, work)
      for (const at of [100, 300, 500]) {
        await until(() => next >= at, `${at} transactions`)
        await crash(server.url)
        crashes += 1
      }
      await Promise.all(workers)
      await db.close()
      const after = await connected(database.config.url)
      const entries = await after.query<{ id: number }>('select id from entries')
      const accounts = await after.query<{ total: number }>('select total from accounts where id = 1')
      await after.end()
      const ids = new Set(entries.rows.map(({ id }) => id))
      expect(crashes).toBe(3)
      expect([...known.yes].filter((id) => !ids.has(id))).toEqual([])
      expect([...known.no].filter((id) => ids.has(id))).toEqual([])
      expect(accounts.rows).toEqual([{ total: ids.size }])
      expect(known.yes.size).toBeGreaterThan(300)
    }, 60_000)
  })
