import { faultProxy } from '@casare/testing'
import { afterEach, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithPeer, startPrivatePeer } from '../../../../tools/peers/src/index.ts'
import { mysql } from '../src/index.ts'
import { rogueServer } from './rogue-server.ts'
import { ownDatabase, urlAt, type OwnDatabase } from './support.ts'

const endings: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

function connect(config: Parameters<typeof mysql>[0]) {
  const connection = mysql(config)
  endings.push(() => connection.close())
  return connection
}

const table =
  'create table loaded (id bigint unsigned primary key, amount decimal(30,9), note longtext, raw longblob, at datetime(6) null)'
const bytes = (text: string): Uint8Array => Buffer.from(text)

await describeWithPeer('mysql', {}, (server) => {
  async function own(...setUp: string[]): Promise<OwnDatabase> {
    const database = await ownDatabase(server().url, ...setUp)
    endings.push(() => database.close())
    return database
  }

  /** The columns of a row as LOAD DATA's text. */
  const escaped = (text: string): string =>
    text.replace(
      /[\\\0\n\t\r]/g,
      (one) => ({ '\\': '\\\\', '\0': '\\0', '\n': '\\n', '\t': '\\t', '\r': '\\r' })[one] ?? '',
    )

  test('values come as they are: 64 bits, decimals, NULL, NUL bytes, every character; in pieces cut anywhere, some of them empty', async () => {
    const { config } = await own(table)
    const db = connect(config)
    const notes = ['plain', 'tab\tand\nlines\r\\ and \0 NUL', '\\N', 'NULL', '', '🦊 日本語 é', `'"\``]
    const lines = notes.map(
      (note, index) => `${2n ** 64n - 1n - BigInt(index)}\t-123456789012345678901.123456789\t${escaped(note)}\n`,
    )
    const whole = Buffer.from(`${lines.join('')}7\t\\N\t\\N\n`)
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < whole.length; at += 3) {
        yield new Uint8Array(0)
        yield whole.subarray(at, at + 3)
      }
    }
    expect(await db.loadData({ table: 'loaded', columns: ['id', 'amount', 'note'], body: body() })).toEqual({
      rows: notes.length + 1,
    })
    const { rows } = await db.query({ text: 'select id, amount, note from loaded order by id desc' })
    expect(rows).toEqual([
      ...notes.map((note, index) => ({
        id: 2n ** 64n - 1n - BigInt(index),
        amount: '-123456789012345678901.123456789',
        note,
      })),
      { id: 7n, amount: null, note: null },
    ])
  })

  test('bytes of every value come as they are', async () => {
    const { config } = await own(table)
    const db = connect(config)
    const raw = Buffer.from(Array.from({ length: 256 }, (_one, byte) => byte))
    const encoded = Buffer.from(escaped(raw.toString('latin1')), 'latin1')
    const body = Buffer.concat([Buffer.from('1\t'), encoded, Buffer.from('\n')])
    await db.loadData({ table: 'loaded', columns: ['id', 'raw'], characterSet: 'binary', body })
    expect((await db.query({ text: 'select raw from loaded' })).rows).toEqual([{ raw }])
  })

  test('CSV, with a header, quotes, and lines of Windows', async () => {
    const { config } = await own(table)
    const db = connect(config)
    const text = 'id;note\r\n1;"a ""quoted"" one;\r\nof two lines"\r\n2;NULL\r\n3;"NULL"\r\n'
    const options = { format: 'csv', header: true, delimiter: ';', lineEnd: '\r\n' } as const
    await db.loadData({ table: 'loaded', columns: ['id', 'note'], ...options, body: { text } })
    expect((await db.query({ text: 'select id, note from loaded order by id' })).rows).toEqual([
      { id: 1n, note: 'a "quoted" one;\r\nof two lines' },
      { id: 2n, note: null },
      { id: 3n, note: 'NULL' },
    ])
  })

  test.each([
    ['1\t1\ta\nx\t2\tb\n', 'invalid_input', /row 2/],
    ['1\t1\ta\n1\t2\tb\n', 'already_exists', /Duplicate/],
    ['1\t1\ta\n2\t2\n', 'invalid_input', /[Rr]ow 2/],
    ['1\t1\ta\n2\t2\tb\tc\n', 'invalid_input', /[Rr]ow 2/],
    ['1\t1e99\ta\n', 'invalid_input', /amount/],
  ])('what does not fit fails the whole, and nothing is loaded: %j', async (text, code, message) => {
    const { config } = await own(table)
    const db = connect(config)
    const columns = ['id', 'amount', 'note']
    await expect(db.loadData({ table: 'loaded', columns, body: { text } })).rejects.toMatchObject({
      code,
      applied: 'no',
      message: expect.stringMatching(message),
    })
    expect((await db.query({ text: 'select count(*) as count from loaded' })).rows).toEqual([{ count: 0n }])
  })

  test('a source that fails, or a call that is given up, leaves nothing', async () => {
    const { config } = await own(table)
    const db = connect(config)
    const columns = ['id', 'note']
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes('1\ta\n2\tb\n')
      throw new Error('the file ended too soon')
    }
    await expect(db.loadData({ table: 'loaded', columns, body: failing() })).rejects.toMatchObject({
      message: expect.stringContaining('too soon'),
    })
    const controller = new AbortController()
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let id = 1; ; id += 1) {
        yield bytes(`${id}\ta\n`)
        if (id === 20_000) controller.abort()
      }
    }
    const given = db.loadData({ table: 'loaded', columns, body: endless() }, { signal: controller.signal })
    await expect(given).rejects.toMatchObject({ code: 'cancelled' })
    expect((await db.query({ text: 'select count(*) as count from loaded' })).rows).toEqual([{ count: 0n }])
  })

  test('a connection that is cut in the middle leaves nothing; a slow source is no silence', async () => {
    const { config, address } = await own(table)
    const proxy = await faultProxy(address)
    endings.push(() => proxy.close())
    const db = connect({ url: urlAt(config.url, proxy), timeouts: { readMs: 400 } })
    const columns = ['id', 'note']
    const source = (cut: boolean) =>
      (async function* (): AsyncGenerator<Uint8Array> {
        yield bytes('1\ta\n')
        if (cut) proxy.resetConnections()
        await new Promise((resolve) => setTimeout(resolve, cut ? 50 : 1_000))
        yield bytes('2\tb\n')
      })()
    await expect(db.loadData({ table: 'loaded', columns, body: source(true) })).rejects.toMatchObject({
      retryable: false,
    })
    expect((await db.query({ text: 'select count(*) as count from loaded' }, { effect: 'read' })).rows).toEqual([
      { count: 0n },
    ])
    expect(await db.loadData({ table: 'loaded', columns, body: source(false) })).toEqual({ rows: 2 })
  })

  test('within a transaction it is refused, and the transaction goes on', async () => {
    const { config } = await own(table)
    const db = connect(config)
    await db.transaction(async (tx) => {
      await expect(tx.loadData({ table: 'loaded', body: { text: '' } })).rejects.toMatchObject({ code: 'unsupported' })
      await tx.execute({ text: 'insert into loaded (id) values (1)' })
    })
    expect((await db.query({ text: 'select count(*) as count from loaded' })).rows).toEqual([{ count: 1n }])
  })
})

await describeWithPeer('mysql', {}, () => {
  test('a server that takes no streams says so', async () => {
    // Of its own: others must be able to load meanwhile.
    const peer = await startPrivatePeer('mysql', { tls: false })
    endings.push(() => peer.stop())
    const { config, run, close } = await ownDatabase(peer.url, table)
    endings.push(() => close())
    await run('set global local_infile = 0')
    await expect(connect(config).loadData({ table: 'loaded', body: { text: '1\n' } })).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('local_infile'),
    })
  }, 60_000)
})

test('a rogue server that is sent a stream, and asks for a file at every turn, gets no file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'casare-mysql-'))
  endings.push(() => rm(folder, { recursive: true }))
  const path = join(folder, 'secret.txt')
  await writeFile(path, 'the content of the file')
  for (const asksAtOnce of [true, false]) {
    const server = await rogueServer(path, asksAtOnce)
    endings.push(() => server.close())
    const db = connect({ host: '127.0.0.1', port: server.port, resilience: false, timeouts: { readMs: 500 } })
    await expect(db.loadData({ table: 'loaded', body: { text: 'rows\n' } })).rejects.toMatchObject({
      code: expect.any(String),
    })
    expect(server.received().toString('latin1')).not.toContain('content')
  }
})
