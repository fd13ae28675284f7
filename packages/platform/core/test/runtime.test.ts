import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { channels, defineConnector, isConnector, operation, schema, session, stream, reads } from '../src/index.ts'
import type { OpenContext, RequestLogLine } from '../src/index.ts'

const empty = z.strictObject({})
const look = operation({
  description: 'Looks.',
  effect: 'read',
  input: empty,
  output: z.unknown(),
  run: (client: OpenContext) => client,
})
const change = operation({ ...look, effect: 'idempotent', run: (client: OpenContext) => client })

/** A connector whose client is what `open` was given. */
function opening(more: object = {}) {
  return defineConnector({
    name: 'opening',
    title: 'Opening',
    category: 'other',
    contractVersion: 1,
    config: schema(z.strictObject({ name: z.string().optional() })),
    open: (_config, context: OpenContext): OpenContext => context,
    toError: () => undefined,
    operations: { look, change },
    ...more,
  })
}

describe('what a connector is opened with', () => {
  test('defaults', async () => {
    await using connection = opening()({})
    expect(await connection.look({})).toMatchObject({
      pool: {},
      tls: {},
      readOnly: false,
      timeouts: { connectMs: 10_000, readMs: 60_000, writeMs: 60_000, callMs: undefined },
    })
  })

  test('the connector’s own, and before them the user’s', async () => {
    const connector = opening({
      uses: ['pool', 'tls', 'readOnly'],
      timeouts: { connectMs: 1_001, readMs: 1_002, writeMs: 1_003, callMs: 1_004 },
    })
    await using usual = connector({})
    expect(await usual.look({})).toMatchObject({
      timeouts: { connectMs: 1_001, readMs: 1_002, writeMs: 1_003, callMs: 1_004 },
    })
    await using stated = connector({
      pool: { max: 3 },
      tls: { serverName: 'a' },
      readOnly: true,
      timeouts: { connectMs: 2_001, readMs: 2_002, writeMs: 2_003, callMs: 2_004 },
    })
    expect(await stated.look({})).toMatchObject({
      pool: { max: 3 },
      tls: { serverName: 'a' },
      readOnly: true,
      timeouts: { connectMs: 2_001, readMs: 2_002, writeMs: 2_003, callMs: 2_004 },
    })
    // Where the server enforces it, the call goes there.
    await expect(stated.change({})).resolves.toBeDefined()
    await using refusing = opening()({ readOnly: true })
    await expect(refusing.change({})).rejects.toMatchObject({ code: 'permission_denied' })
    await expect(refusing.look({})).resolves.toMatchObject({ readOnly: true })
  })

  test('events reach who listens, with the connector’s name', async () => {
    await using connection = opening()({})
    const { event } = (await connection.look({})) as OpenContext
    expect(() => event('unheard', {})).not.toThrow()
    const heard: unknown[] = []
    const listen = (message: unknown): void => void heard.push(message)
    channels.event.subscribe(listen)
    event('plaintext', { host: 'a' })
    channels.event.unsubscribe(listen)
    expect(heard).toEqual([{ connector: 'opening', name: 'plaintext', detail: { host: 'a' } }])
  })

  test('a client that is adopted is what the connector makes of it', async () => {
    const connector = opening({ adopt: (given: object) => ({ given }) })
    await using connection = connector({ client: { mine: true } } as never)
    expect(await connection.look({})).toEqual({ given: { mine: true } })
  })
})

describe('the request log', () => {
  test('lines of JSON on standard error, lines to a function, or none', async () => {
    const written: string[] = []
    const write = process.stderr.write.bind(process.stderr)
    process.stderr.write = (text) => {
      written.push(String(text))
      return true
    }
    await using _back = { [Symbol.asyncDispose]: async () => void (process.stderr.write = write) }
    const connector = opening()
    for (const log of [false, undefined] as const) {
      await using quiet = connector({ log })
      await quiet.look({})
    }
    expect(written).toEqual([])
    await using loud = connector({ log: true })
    await loud.look({})
    expect(written).toHaveLength(1)
    expect(written[0]?.endsWith('\n')).toBe(true)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ connector: 'opening', operation: 'look', outcome: 'ok' })
    const lines: RequestLogLine[] = []
    await using telling = connector({ log: (line: RequestLogLine) => void lines.push(line) })
    await telling.look({})
    expect([lines.length, written.length]).toEqual([1, 1])
  })
})

describe('a connector', () => {
  test('says who it is', () => {
    const connector = opening()
    expect(connector.connectorName).toBe('opening')
    expect(Object.keys(connector)).toEqual(['connectorName'])
    expect(connector.spec.title).toBe('Opening')
    expect(connector.describe()).toMatchObject({ name: 'opening', operations: { look: {} } })
    expect([
      isConnector(connector),
      isConnector(Object.assign(() => 1, { spec: 1 })),
      isConnector({}),
      isConnector(null),
    ]).toEqual([true, false, false, false])
  })

  test.each([
    'close',
    'client',
    'then',
    '$',
    '__proto__x',
    'Upper',
    'with-hyphen',
    '1st',
    'with space',
    'constructor',
    '',
  ])('nothing can be called "%s"', (name) => {
    expect(() => opening({ operations: { [name]: look } })).toThrow(expect.objectContaining({ code: 'internal' }))
  })

  test('one name is for one thing', () => {
    const read = stream({
      description: 'Reads.',
      read: reads({ input: empty, record: z.unknown(), cursor: z.number(), async *pages() {} }),
    })
    const scope = session({
      description: 'Scope.',
      input: empty,
      run: (client: object, _input, _context, work) => work(client),
    })
    expect(() => opening({ streams: { look: read } })).toThrow(/look/)
    expect(() => opening({ sessions: { look: scope } })).toThrow(/look/)
    expect(() => opening({ streams: { read }, sessions: { scope } })).not.toThrow()
  })
})
