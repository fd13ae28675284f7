import { ConnectorError } from '@casare/core'
import { seededRandom } from '@casare/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'
import { ownDatabase, until, type OwnDatabase } from './support.ts'

const input = { slot: '', publication: 'everything', create: true }

await describeWithPeer('postgresql', {}, (server) => {
  let database: OwnDatabase
  let slots = 0
  const open: { close(): Promise<unknown> }[] = []
  beforeEach(async () => {
    slots += 1
    database = await ownDatabase(
      server().url,
      `create table things (id bigint primary key, name text, at timestamptz, list int[], document jsonb, large text);
       alter table things alter column large set storage external;
       create table whole (a int, b text);
       alter table whole replica identity full;`,
    )
  })
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close()
    await database.close()
  })
  const connect = () => {
    const db = postgresql(database.config)
    open.push(db)
    return db
  }
  const listening = { ...input, slot: `casare_${process.pid}_${Math.floor(performance.now())}` }
  const slot = () => ({ ...listening, slot: `${listening.slot}_${slots}` })
  const kill = async (): Promise<void> => {
    await database.run(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
  }

  test('notifications tell what may have been missed', async () => {
    const events: unknown[] = []
    const subscription = connect().notifications.listen({ channels: ['A b', 'plain'] }, async (event) => {
      events.push(event)
    })
    await subscription.ready
    await database.run("select pg_notify('A b', 'first')")
    await database.run('notify plain')
    await until(() => events.length === 2, 'both have arrived')
    await kill()
    await database.run("select pg_notify('plain', 'missed')")
    await until(() => events.length === 3, 'the gap is told')
    await database.run("select pg_notify('plain', 'last')")
    await until(() => events.length === 4, 'it listens again')
    await subscription.stop()
    const iso = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(events).toEqual([
      { kind: 'notification', channel: 'A b', payload: 'first', processId: expect.any(Number) },
      { kind: 'notification', channel: 'plain', payload: '', processId: expect.any(Number) },
      { kind: 'gap', channels: ['A b', 'plain'], from: iso, to: iso },
      { kind: 'notification', channel: 'plain', payload: 'last', processId: expect.any(Number) },
    ])
  })

  test('a slow handler makes the server wait; nothing is lost and memory stays bounded', async () => {
    const db = connect()
    const seen: number[] = []
    const gate = Promise.withResolvers<void>()
    const subscription = db.notifications.listen({ channels: ['many'] }, async (event) => {
      await gate.promise
      if (event.kind === 'notification') seen.push(Number(event.payload))
    })
    await subscription.ready
    await database.run("select pg_notify('many', i::text) from generate_series(1, 5000) i")
    await until(() => subscription.stats.delivered > 0, 'the first one')
    gate.resolve()
    await until(() => seen.length === 5_000, 'all of them')
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_one, index) => index + 1))
    await subscription.stop()
  })

  test('changes have the values of rows, before and after', async () => {
    const events: Record<string, unknown>[] = []
    const subscription = connect().changes.listen(slot(), async (event, delivery) => {
      events.push({ ...event, key: delivery.key })
    })
    await subscription.ready
    await database.run(`begin;
      insert into things values (9007199254740993, 'grüße', '2026-01-02 03:04:05.678901+00', '{1,null}', '{"a":[1]}', repeat('x', 10000));
      update things set name = null;
      update things set id = 2;
      delete from things;
      insert into whole values (1, 'x');
      update whole set b = 'y';
      delete from whole;
      truncate whole, things;
      commit`)
    await until(() => events.length === 9, 'all changes')
    await subscription.stop()
    const first = events[0]
    expect(first).toMatchObject({
      kind: 'insert',
      schema: 'public',
      table: 'things',
      key: 'public.things:9007199254740993',
      row: {
        id: 9007199254740993n,
        name: 'grüße',
        at: '2026-01-02T03:04:05.678901Z',
        list: [1, null],
        document: { a: [1] },
      },
      transaction: expect.any(Number),
      committedAt: expect.stringMatching(/^20\d\d-.*\.\d{6}Z$/),
      lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    })
    expect(
      events.every(({ lsn, transaction }) => lsn === first?.['lsn'] && transaction === first?.['transaction']),
    ).toBe(true)
    expect(events[1]).toMatchObject({ kind: 'update', row: { name: null }, unchanged: ['large'] })
    expect(Object.keys(events[1]?.['row'] as object)).not.toContain('large')
    expect(events[2]).toMatchObject({ kind: 'update', old: { id: 9007199254740993n }, row: { id: 2n } })
    expect(events[3]).toMatchObject({ kind: 'delete', old: { id: 2n } })
    expect(Object.keys(events[3]?.['old'] as object)).toEqual(['id'])
    expect(events[5]).toMatchObject({ kind: 'update', old: { a: 1, b: 'x' }, row: { a: 1, b: 'y' } })
    expect(events.slice(6).map(({ kind, table }) => [kind, table])).toEqual([
      ['delete', 'whole'],
      ['truncate', 'whole'],
      ['truncate', 'things'],
    ])
  })

  test('a slot that is missing, and must not be made, ends the subscription with one clear error', async () => {
    const subscription = connect().changes.listen({ slot: 'nowhere', publication: 'nothing' }, async () => undefined)
    await expect(subscription.ready).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"nothing"'),
    })
    await expect(subscription.closed).rejects.toMatchObject({ code: 'not_found' })
  })

  test('2,000 changes through random kills and a new listener each time: none lost, in order per row', async () => {
    const random = seededRandom(11)
    const seen = new Map<bigint, number[]>()
    let distinct = 0
    let handled = 0
    const listen = () =>
      connect().changes.listen(
        slot(),
        async ({ row }, { redelivered }) => {
          handled += 1
          // Some are given back, as busy sinks do.
          if (random() < 0.002)
            throw new ConnectorError({ code: 'unavailable', message: 'busy', retryAfterMs: 1, applied: 'no' })
          const id = row?.['id'] as bigint
          const versions = seen.get(id) ?? []
          seen.set(id, versions)
          const version = Number(row?.['name'])
          if (!versions.includes(version)) distinct += 1
          else expect(redelivered || subscriptions > 1).toBe(true)
          versions.push(version)
        },
        { concurrency: 4 },
      )
    let subscriptions = 1
    let subscription = listen()
    await subscription.ready
    const writing = (async () => {
      for (let version = 1; version <= 100; version += 1)
        await database.run(
          'insert into things (id, name) select i, $1 from generate_series(1, 20) i on conflict (id) do update set name = excluded.name',
          [String(version)],
        )
    })()
    for (const at of [300, 700, 1_100, 1_500]) {
      await until(() => distinct >= at, `${at} changes`)
      if (random() < 0.5) await kill()
      else {
        // As if the process had ended: what it had not acknowledged goes to the next one.
        await subscription.stop()
        subscriptions += 1
        subscription = listen()
      }
    }
    await writing
    // What comes again ends where the first time ended.
    const atTheEnd = (): boolean => [...seen.values()].every((versions) => versions.at(-1) === 100)
    await until(() => distinct === 2_000 && atTheEnd(), 'all 2,000 changes')
    await subscription.stop()
    expect(handled).toBeGreaterThanOrEqual(2_000)
    for (const versions of seen.values()) {
      // A change that comes again is followed by all that came after it.
      let last = 0
      for (const version of versions) {
        expect(version).toBeLessThanOrEqual(last + 1)
        last = version
      }
      expect(last).toBe(100)
    }
  })
})
