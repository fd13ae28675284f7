import { afterEach, describe, expect, test } from '@jest/globals'
import { channels, ConnectorError } from '../src/index.ts'
import type { PendingDelivery } from '../src/index.ts'
import { fast, lost, Shelf, shelf } from './support/shelf.ts'

const open: { close(): Promise<void> }[] = []
function connect(count = 5) {
  const client = new Shelf()
  for (let i = 0; i < count; i += 1) client.items.set(`n${i}`, String(i))
  const connection = shelf({ shelf: client, ...fast })
  open.push(connection)
  return { client, connection }
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

describe('reading', () => {
  test('gives all records, and pages with a cursor to go on from', async () => {
    const { connection } = connect()
    const names: string[] = []
    for await (const { name } of connection.items.read({})) names.push(name)
    expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4'])
    const cursors: string[] = []
    for await (const page of connection.items.read({}).pages()) cursors.push(page.cursor)
    expect(cursors).toEqual(['n1', 'n3', 'n4'])
    for (const cursor of cursors) {
      const rest: string[] = []
      for await (const { name } of connection.items.read({}, { cursor })) rest.push(name)
      expect(rest).toEqual(names.filter((name) => name > cursor))
    }
  })

  test('a generator that throws is dead: reading goes on after the last page handed out', async () => {
    const { client, connection } = connect()
    client.failures = [undefined, lost(), lost(), undefined, lost()]
    const names: string[] = []
    for await (const { name } of connection.items.read({})) names.push(name)
    expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4'])
    expect(client.log).toEqual(['page n0', 'page n2', 'page n2', 'page n2', 'page n4', 'page n4'])
  })

  test('a failure that stays is thrown, with the pages before it handed out', async () => {
    const { client, connection } = connect()
    client.failures = [undefined, ...Array.from({ length: 9 }, lost)]
    const names: string[] = []
    await expect(async () => {
      for await (const { name } of connection.items.read({})) names.push(name)
    }).rejects.toMatchObject({ code: 'unavailable', operation: 'items.read', attempts: 3, applied: 'no' })
    expect(names).toEqual(['n0', 'n1'])
  })

  test('leaving early ends the generator; a wrong cursor and input are refused at once', async () => {
    const { client, connection } = connect()
    for await (const _record of connection.items.read({})) break
    expect(client.log).toEqual(['page n0'])
    expect(() => connection.items.read({ pageSize: 0 })).toThrow(/pageSize/)
    expect(() => connection.items.read({}, { cursor: 3 as never })).toThrow(/cursor/)
  })

  test('abort between and during pages', async () => {
    const { connection } = connect()
    const controller = new AbortController()
    await expect(async () => {
      for await (const _record of connection.items.read({}, { signal: controller.signal })) controller.abort()
    }).rejects.toMatchObject({ code: 'cancelled' })
  })

  test('$.read gives stateless pages that stop at maxRecords and maxBytes, wherever the system pages', async () => {
    for (const options of [{ maxRecords: 1 }, { maxRecords: 3 }, { maxBytes: 30 }, {}]) {
      const { connection } = connect()
      const names: unknown[] = []
      let cursor: unknown
      for (let i = 0; i < 20; i += 1) {
        const page: Awaited<ReturnType<typeof connection.$.read>> = await connection.$.read(
          'items',
          { pageSize: 2 },
          { ...options, cursor },
        )
        names.push(...page.records.map((record) => (record as { name: string }).name))
        cursor = JSON.parse(JSON.stringify(page.cursor))
        if (page.done) break
      }
      expect(names).toEqual(['n0', 'n1', 'n2', 'n3', 'n4'])
    }
  })

  test('$.read within a page whose contents changed loses nothing', async () => {
    const { client, connection } = connect(4)
    const first = await connection.$.read('items', { pageSize: 4 }, { maxBytes: 60 })
    const taken = first.records.map((record) => (record as { name: string }).name)
    expect(taken.length).toBeGreaterThan(0)
    expect(taken.length).toBeLessThan(4)
    client.items.set('m-before', 'new')
    const rest = await connection.$.read('items', { pageSize: 5 }, { cursor: first.cursor })
    const names = [...taken, ...rest.records.map((record) => (record as { name: string }).name)]
    for (const name of ['n0', 'n1', 'n2', 'n3']) expect(names.filter((one) => one === name)).toHaveLength(1)
  })
})

describe('writing', () => {
  test('batches, and answers per record', async () => {
    const { client, connection } = connect(0)
    const records = Array.from({ length: 10 }, (_, index) => ({ name: `r${index}`, text: 'x' }))
    await expect(connection.items.write(records, {})).resolves.toEqual({ succeeded: 10, failed: [] })
    expect(client.log).toEqual(['write r0,r1,r2,r3', 'write r4,r5,r6,r7', 'write r8,r9'])
  })

  test('only the retryable records go again, with the same key', async () => {
    const { client, connection } = connect(0)
    const records = [
      { name: 'a', text: '1' },
      { name: 'b', text: '2', busy: true },
      { name: 'c', text: '3' },
    ]
    await expect(connection.items.write(records, {})).resolves.toEqual({ succeeded: 3, failed: [] })
    expect(client.log).toEqual(['write a,b,c', 'write b'])
    expect(client.items.get('b')).toBe('2 true')
  })

  test('a poison record of an atomic sink is found by splitting; the others are written', async () => {
    const { client, connection } = connect(0)
    const records = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      name,
      text: '',
      ...(name === 'c' ? { poison: true } : {}),
    }))
    const result = await connection.items.write(records, {})
    expect(result.succeeded).toBe(4)
    expect(result.failed).toEqual([{ index: 2, error: expect.objectContaining({ code: 'invalid_input' }) }])
    expect([...client.items.keys()].sort()).toEqual(['a', 'b', 'd', 'e'])
  })

  test('a record that is none is its own failure; order of failures is that of the records', async () => {
    const { connection } = connect(0)
    const result = await connection.items.write(['text', { name: 'a', text: '' }, null] as never, {})
    expect(result.failed.map(({ index, error }) => [index, error.code])).toEqual([
      [0, 'invalid_input'],
      [2, 'invalid_input'],
    ])
    expect(result.succeeded).toBe(1)
  })

  test('abort is thrown', async () => {
    const { connection } = connect(0)
    await expect(connection.items.write([{ name: 'a' }], {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    })
  })
})

describe('listening', () => {
  function delivery(client: Shelf, id: string, key?: string): PendingDelivery<{ text: string }> {
    return {
      id,
      key,
      redelivered: false,
      event: { text: id },
      ack: () => void client.log.push(`ack ${id}`),
      nack: (_error, delayMs) => void client.log.push(`nack ${id} ${delayMs}`),
      deadLetter: () => void client.log.push(`dead ${id}`),
    }
  }

  test("the handler's promise is the ack", async () => {
    const { client, connection } = connect(0)
    client.deliveries = ['ok', 'poison', 'later'].map((id) => delivery(client, id))
    const done = Promise.withResolvers<void>()
    const subscription = connection.items.listen({}, async ({ text }) => {
      if (text === 'poison') throw new ConnectorError({ code: 'invalid_input', message: 'bad' })
      if (text !== 'later') return
      setTimeout(done.resolve, 5)
      throw new Error('try again')
    })
    await subscription.ready
    await done.promise
    await subscription.stop()
    expect(client.log).toEqual(['subscribe', 'ack ok', 'dead poison', 'nack later 1000'])
    expect(subscription.stats).toMatchObject({
      delivered: 3,
      acknowledged: 1,
      deadLettered: 1,
      returned: 1,
      inFlight: 0,
    })
    expect(subscription.alive).toBe(false)
  })

  test('an acknowledgement that is given at once is no call; one that takes a while is, and its failure is told', async () => {
    const { client, connection } = connect(0)
    const failing = { ...delivery(client, 'failing'), ack: () => Promise.reject(lost()) }
    const waiting = { ...delivery(client, 'waiting'), ack: () => Promise.resolve() }
    client.deliveries = [delivery(client, 'at once'), waiting, failing]
    const calls: unknown[] = []
    const listen = (event: unknown): void => void calls.push(event)
    channels.callEnd.subscribe(listen)
    const told = Promise.withResolvers<unknown>()
    const subscription = connection.items.listen({}, async () => undefined, { onError: told.resolve })
    expect(await told.promise).toMatchObject({ code: 'unavailable' })
    await subscription.stop()
    channels.callEnd.unsubscribe(listen)
    expect(calls).toMatchObject([{ operation: 'items.listen' }, { operation: 'items.listen', error: {} }])
    expect(subscription.stats).toMatchObject({ delivered: 3, acknowledged: 2 })
  })

  test('deliveries of one key never overlap and keep their order; concurrency bounds the rest', async () => {
    const { client, connection } = connect(0)
    client.deliveries = Array.from({ length: 30 }, (_, index) => delivery(client, String(index), `k${index % 3}`))
    const running = new Set<string>()
    const order: Record<string, number[]> = {}
    let most = 0
    const done = Promise.withResolvers<void>()
    let count = 0
    const subscription = connection.items.listen(
      {},
      async (_event, { id, key = '' }) => {
        expect(running.has(key)).toBe(false)
        running.add(key)
        most = Math.max(most, running.size)
        ;(order[key] ??= []).push(Number(id))
        await new Promise((resolve) => setTimeout(resolve, 1))
        running.delete(key)
        if (++count === 30) done.resolve()
      },
      { concurrency: 2 },
    )
    await done.promise
    await subscription.stop()
    expect(most).toBe(2)
    for (const ids of Object.values(order)) expect(ids).toEqual([...ids].sort((a, b) => a - b))
  })

  test('reconnects without end, and tells of it', async () => {
    const { client, connection } = connect(0)
    client.failures = [undefined, lost()]
    const errors: unknown[] = []
    const heard = Promise.withResolvers<void>()
    const subscription = connection.items.listen({}, async () => heard.resolve(), {
      onError: (error) => errors.push(error),
    })
    await subscription.ready
    while (client.log.length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
    client.deliveries = [delivery(client, 'after')]
    await heard.promise
    await subscription.stop()
    expect(errors[0]).toMatchObject({ code: 'unavailable' })
    expect(client.log.filter((line) => line === 'subscribe').length).toBeGreaterThan(1)
  })

  test('a silent subscription is restarted at its heartbeat', async () => {
    const { client, connection } = connect(0)
    const subscription = connection.items.listen({}, async () => undefined)
    await subscription.ready
    expect(subscription.alive).toBe(true)
    while (client.log.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(subscription.stats.reconnects).toBeGreaterThan(0)
    await subscription.stop()
    expect(new Set(client.log)).toEqual(new Set(['subscribe']))
  })

  test('stop takes no more, not even what was waiting for its turn', async () => {
    const { client, connection } = connect(0)
    client.deliveries = [delivery(client, 'first'), delivery(client, 'second')]
    const release = Promise.withResolvers<void>()
    const handled: string[] = []
    const subscription = connection.items.listen({}, async ({ text }) => {
      handled.push(text)
      await release.promise
    })
    while (subscription.stats.delivered < 2) await new Promise((resolve) => setTimeout(resolve, 2))
    const stopping = subscription.stop()
    release.resolve()
    await stopping
    expect(handled).toEqual(['first'])
    expect(client.log).toEqual(['subscribe', 'ack first'])
  })

  test('what can never work ends it: ready and closed reject, and nobody has to listen to them', async () => {
    const { client, connection } = connect(0)
    client.failures = [new ConnectorError({ code: 'permission_denied', message: 'no' })]
    const subscription = connection.items.listen({}, async () => undefined)
    await expect(subscription.ready).rejects.toMatchObject({ code: 'permission_denied' })
    await expect(subscription.closed).rejects.toMatchObject({ code: 'permission_denied' })
    await subscription.stop()
  })
})

describe('sessions', () => {
  test('commit, roll back, and leave the failure of the callback as it was thrown', async () => {
    const { client, connection } = connect(0)
    await connection.transaction(async (tx) => {
      await tx.put({ name: 'a', text: '1' })
      await tx.items.write([{ name: 'b', text: '2' }], {})
    })
    expect([...client.items.keys()]).toEqual(['a', 'b'])
    const mine = Object.assign(new Error('mine'), { socket: new Map() })
    await expect(
      connection.transaction(async (tx) => {
        await tx.put({ name: 'c', text: '3' })
        throw mine
      }),
    ).rejects.toBe(mine)
    expect(mine.socket).toBeInstanceOf(Map)
    expect(client.items.has('c')).toBe(false)
  })

  test('inside, nothing is repeated; there is no close, no session and no listener', async () => {
    const { client, connection } = connect(0)
    await connection.transaction(async (tx) => {
      client.failures = [lost()]
      await expect(tx.put({ name: 'a', text: '' })).rejects.toMatchObject({ code: 'unavailable', attempts: 1 })
      expect('close' in tx).toBe(false)
      expect('transaction' in tx).toBe(false)
      expect('listen' in tx.items).toBe(false)
      expect(await tx.$.client()).toBe(client)
    })
  })

  test('a lost commit is outcome_unknown', async () => {
    const { client, connection } = connect(0)
    await expect(
      connection.transaction(async (tx) => {
        await tx.put({ name: 'a', text: '' })
        client.failures = [lost()]
      }),
    ).rejects.toMatchObject({ code: 'outcome_unknown', operation: 'transaction' })
  })
})
