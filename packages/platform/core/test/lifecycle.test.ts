import { expect, test } from '@jest/globals'
import { connections, ConnectorError, fakeConnection, isConnection, isConnector } from '../src/index.ts'
import { fast, refused, Shelf, shelf } from './support/shelf.ts'

test('a stampede at first use opens once', async () => {
  const client = new Shelf()
  const connection = shelf({ shelf: client, slow: true })
  await Promise.all(Array.from({ length: 500 }, (_, index) => connection.put({ name: `n${index}`, text: '' })))
  expect(client.opened).toBe(1)
  await connection.close()
  await connection.close()
  expect(client.closed).toBe(1)
})

test('close waits for running calls and refuses new ones', async () => {
  const client = new Shelf()
  const connection = shelf({ shelf: client, slow: true })
  const running = connection.put({ name: 'a', text: '' })
  const closing = connection.close()
  await expect(connection.put({ name: 'b', text: '' })).rejects.toMatchObject({ code: 'cancelled', applied: 'no' })
  await expect(running).resolves.toEqual({ ok: true })
  await closing
  expect(client.closed).toBe(1)
})

test('a failed opening is retried, and never remembered', async () => {
  const client = new Shelf()
  client.opened = 1
  client.failures = [refused()]
  const connection = shelf({ shelf: client, ...fast })
  await expect(connection.get({ name: 'a' })).rejects.toMatchObject({ code: 'not_found' })
  expect(client.opened).toBe(3)
  await connection.close()
})

test('an adopted client is used and never closed', async () => {
  const client = new Shelf()
  const connection = shelf({ client })
  await connection.put({ name: 'a', text: 'x' })
  expect(await connection.$.client()).toBe(client)
  await connection.close()
  expect([client.opened, client.closed]).toEqual([0, 0])
})

test('settings beside an adopted client are refused, and so are uniform parts that mean nothing here', () => {
  const code = (make: () => unknown): unknown => {
    try {
      return make()
    } catch (error) {
      return ConnectorError.is(error) ? [error.code, error.message] : error
    }
  }
  expect(code(() => shelf({ client: new Shelf(), slow: true }))).toEqual([
    'invalid_input',
    expect.stringContaining('slow'),
  ])
  expect(code(() => shelf({ tls: { ca: 'x' } }))).toEqual(['invalid_input', expect.stringContaining('tls')])
  expect(code(() => shelf({ timeouts: { callMs: 0 } }))).toEqual(['invalid_input', expect.stringContaining('callMs')])
  expect(code(() => shelf({ colour: 1 } as never))).toEqual(['invalid_input', expect.stringContaining('colour')])
  expect(code(() => shelf({ resilience: { retry: { attempts: -1 } } } as never))).toEqual([
    'invalid_input',
    expect.stringContaining('resilience'),
  ])
})

test('await using closes', async () => {
  const client = new Shelf()
  {
    await using connection = shelf({ shelf: client })
    await connection.$.open()
    await connection.$.check()
  }
  expect(client.closed).toBe(1)
})

test('two connections share nothing', async () => {
  const [one, two] = [new Shelf(), new Shelf()]
  const first = shelf({ shelf: one, resilience: { retry: false } })
  const second = shelf({ shelf: two, resilience: { retry: false } })
  one.failures = Array.from({ length: 50 }, refused)
  for (let i = 0; i < 50; i += 1) await first.get({ name: 'a' }).catch(() => undefined)
  await expect(second.put({ name: 'a', text: '' })).resolves.toEqual({ ok: true })
  expect(one.log.length).toBeLessThan(50)
  await Promise.all([first.close(), second.close()])
})

test('connections hands out by name, reference counted, closed when idle', async () => {
  const client = new Shelf()
  const shared = connections({ store: () => shelf({ shelf: client }) }, { idleMs: 5 })
  const [a, b] = [shared.acquire('store'), shared.acquire('store')]
  expect(a.connection).toBe(b.connection)
  await a.connection.put({ name: 'x', text: '' })
  await a.release()
  await a.release()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(client.closed).toBe(0)
  await b.release()
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(client.closed).toBe(1)
  await shared.use('store', async (store) => store.put({ name: 'y', text: '' }))
  expect(client.opened).toBe(2)
  expect(() => shared.acquire('stor' as 'store')).toThrow(/Did you mean "store"/)
  await shared.close()
  expect(client.closed).toBe(2)
  expect(() => shared.acquire('store')).toThrow(/closed/)
})

test('connectors and connections are recognised by brand, and print nothing of their inside', () => {
  const connection = shelf({ password: 'hunter2hunter2' })
  expect([isConnector(shelf), isConnector(() => 1), isConnection(connection), isConnection({})]).toEqual([
    true,
    false,
    true,
    false,
  ])
  expect(JSON.stringify(connection)).not.toContain('hunter2')
})

test('a fake connection keeps validation, types and sessions', async () => {
  const written: unknown[] = []
  const fake = fakeConnection(shelf, {
    operations: { get: ({ name }) => ({ text: `about ${name}` }) },
    streams: {
      items: {
        read: [
          { name: 'a', text: '1' },
          { name: 'b', text: '2' },
        ],
        listen: [{ text: 'hi' }],
        write: (records) => void written.push(...records),
      },
    },
  })
  await expect(fake.get({ name: 'x' })).resolves.toEqual({ text: 'about x' })
  await expect(fake.get({ name: '' })).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(fake.put({ name: 'x', text: '' })).rejects.toMatchObject({ code: 'unsupported' })
  await expect(fake.transaction(async (tx) => (await tx.get({ name: 't' })).text)).resolves.toBe('about t')
  const names: string[] = []
  for await (const { name } of fake.items.read({})) names.push(name)
  expect(names).toEqual(['a', 'b'])
  await expect(fake.items.write([{ name: 'c' }], {})).resolves.toEqual({ succeeded: 1, failed: [] })
  expect(written).toEqual([{ name: 'c' }])
  const heard = Promise.withResolvers<string>()
  const subscription = fake.items.listen({}, async ({ text }) => heard.resolve(text))
  await expect(heard.promise).resolves.toBe('hi')
  await subscription.stop()
  await fake.close()
})
