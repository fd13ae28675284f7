import { faultProxy, type FaultProxy } from '@casare/testing'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { planPeer, startPrivatePeer, type PrivatePeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'
import { connected, crash, ownDatabase, until, urlAt, type OwnDatabase } from './support.ts'

const plan = await planPeer('postgresql', { environment: {} })
if (plan.source === 'private')
  describe('a commit whose answer is lost, on a server that crashes', () => {
    let server: PrivatePeer
    let database: OwnDatabase
    let proxy: FaultProxy
    let db: ReturnType<typeof postgresql>
    beforeEach(async () => {
      server = await startPrivatePeer('postgresql', { tls: false })
      database = await ownDatabase(server.url, 'create table entries (id integer primary key)')
      // What nobody waits for reaches the log late, if ever.
      for (const setting of ["wal_writer_delay = '10s'", 'autovacuum = off'])
        await database.run(`alter system set ${setting}`)
      await database.run('select pg_reload_conf()')
      await database.run('checkpoint')
      proxy = await faultProxy(database.address)
      db = postgresql({
        url: urlAt(database.config.url, { host: proxy.host, port: proxy.port, secure: false }),
        resilience: false,
      })
    }, 60_000)
    afterEach(async () => {
      await db.close()
      await proxy.close()
      await server.stop()
    })

    /** Begins a transaction whose COMMIT does not arrive, and does something else before anybody can look it up. */
    const cutCommit = async (meanwhile: (id: string) => Promise<void>): Promise<unknown> => {
      const marks = Promise.withResolvers<string>()
      const done = db
        .transaction(async (tx) => {
          await tx.execute({ text: 'insert into entries values (1)' })
          const idOf = { text: 'select pg_catalog.txid_current_if_assigned()::text as id' }
          // Prepared at its second use: from then on each has the same length, also the one before COMMIT.
          for (let round = 0; round < 2; round += 1) await tx.query(idOf)
          const before = proxy.stats.requestBytes
          const { rows } = await tx.query<{ id: string }>(idOf)
          const request = proxy.stats.requestBytes - before
          // The first byte of COMMIT passes, the others do not.
          await proxy.arm({ kind: 'reset', direction: 'request', afterBytes: request + 1 }, { kind: 'refuse' })
          marks.resolve(rows[0]?.id ?? '')
        })
        .then(
          () => 'committed',
          (error: unknown) => error,
        )
      const id = await marks.promise
      await until(() => proxy.strikes.length > 0, 'COMMIT is on its way')
      await meanwhile(id)
      await proxy.heal()
      return done
    }

    test("its id is given out again: another's commit is not taken for it", async () => {
      const outcome = await cutCommit(async (id) => {
        await crash(server.url)
        const other = await connected(database.config.url)
        let last: string
        do {
          const { rows } = await other.query<{ id: string }>('select txid_current()::text as id')
          last = rows[0]?.id ?? ''
        } while (BigInt(last) < BigInt(id))
        // Without this the test would be about nothing.
        expect(last).toBe(id)
        const { rows } = await other.query('select from entries')
        expect(rows).toEqual([])
        await other.end()
      })
      expect(outcome).toMatchObject({ code: 'outcome_unknown', applied: 'maybe' })
    }, 60_000)

    test('its id is given out again, for something that is rolled back: so ours is gone', async () => {
      const outcome = await cutCommit(async (id) => {
        await crash(server.url)
        const other = await connected(database.config.url)
        let last: string
        do {
          await other.query('begin')
          const { rows } = await other.query<{ id: string }>('select txid_current()::text as id')
          last = rows[0]?.id ?? ''
          await other.query('rollback')
        } while (BigInt(last) < BigInt(id))
        expect(last).toBe(id)
        await other.end()
      })
      expect(outcome).toMatchObject({
        code: 'unavailable',
        applied: 'no',
        message: expect.stringContaining('rolled back'),
      })
    }, 60_000)
  })
