import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { defineFlow, replayDeadLetters, runFlow, StateStore, type FlowDefinition } from '../src/index.ts'
import { Memory, memory, unavailable } from './support/memory.ts'

let folder: string
let source: Memory
let sink: Memory
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-flow-'))
  source = new Memory()
  sink = new Memory()
  source.records = Array.from({ length: 35 }, (_, id) => ({ id, name: `n${id}` }))
})
afterEach(async () => rm(folder, { recursive: true }))

function flowOf(extra: Partial<FlowDefinition> = {}) {
  return defineFlow(
    {
      flow: 'test',
      connections: {
        from: {
          connector: memory,
          config: { system: source, resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } } },
        },
        to: { connector: memory, config: { system: sink, resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } } } },
      },
      read: { from: 'from.records' },
      write: { to: 'to.records' },
      ...extra,
    },
    folder,
  )
}
const options = { stateKey: Buffer.alloc(32, 1).toString('base64') }
const statePath = (): string => join(folder, '.casare', 'state.db')

describe('a run', () => {
  test('moves everything, and the next run only what is new', async () => {
    expect(await runFlow(flowOf(), options)).toMatchObject({
      read: 35,
      written: 35,
      deadLettered: 0,
      outcome: 'complete',
    })
    expect(sink.table.size).toBe(35)
    source.records.push({ id: 35, name: 'new' })
    expect(await runFlow(flowOf(), options)).toMatchObject({ read: 1, written: 1 })
    expect(await runFlow(flowOf(), { ...options, restart: true })).toMatchObject({ read: 36 })
    expect(await runFlow(flowOf({ read: { from: 'from.records', mode: 'full' } }), options)).toMatchObject({ read: 36 })
  })

  test('a table that is not there ends the run: nothing is put aside for it', async () => {
    const missing = (message: string) => new ConnectorError({ code: 'not_found', applied: 'no', message })
    sink.refuse = () => missing('there is no table "things"')
    await expect(runFlow(flowOf(), options)).rejects.toMatchObject({ code: 'not_found' })
    sink.refuse = ({ id }) => missing(`there is no thing ${String(id)}`)
    expect(await runFlow(flowOf(), options)).toMatchObject({ read: 35, written: 0, deadLettered: 35 })
  })

  test('filter, fields, map and validate in their order; what fails goes to the dead letters and the flow goes on', async () => {
    const report = await runFlow(
      flowOf({
        filter: 'id != 3',
        fields: {
          id: 'id',
          label: { template: '{name}!' },
          source: { constant: 'test' },
          length: { from: 'missing', default: '7', cast: 'integer' },
        },
        map: '$merge([$, {"upper": $uppercase(label)}])',
        validate: { type: 'object', required: ['id'], properties: { id: { not: { enum: [5, 6] } } } },
      }),
      options,
    )
    expect(report).toMatchObject({ read: 35, written: 32, skipped: 1, deadLettered: 2, deadLettersOpen: 2 })
    expect(sink.table.get(1)).toEqual({ id: 1, label: 'n1!', source: 'test', length: 7, upper: 'N1!' })
    const state = StateStore.open(statePath(), options.stateKey)
    expect(state.deadLetters.list()).toMatchObject([
      { recordId: '5', step: 'validate', code: 'invalid_input' },
      { recordId: '6', step: 'validate' },
    ])
    expect(state.deadLetters.payload(1)).toEqual({ id: 5, name: 'n5' })
    state.close()
  })

  test('what the source repeats unchanged is left out, what has changed is written', async () => {
    source.records = [
      { id: 1, v: 1 },
      { id: 2, v: 1 },
      { id: 2, v: 1 },
      { id: 2, v: 2 },
      { id: 3, v: 1 },
    ]
    expect(await runFlow(flowOf({ read: { from: 'from.records', pageSize: 2 } }), options)).toMatchObject({
      read: 5,
      written: 4,
      skipped: 1,
    })
    expect(sink.table.get(2)).toEqual({ id: 2, v: 2 })
  })

  test('functions as steps', async () => {
    const report = await runFlow(
      flowOf({
        filter: (record: { id: number }) => record.id % 2 === 0,
        map: async (record: { id: number }) => {
          if (record.id === 4) throw new Error('not this one')
          return record.id === 6 ? undefined : { ...record, even: true }
        },
      }),
      options,
    )
    expect(report).toMatchObject({ written: 16, skipped: 18, deadLettered: 1 })
    expect(sink.table.get(2)).toEqual({ id: 2, name: 'n2', even: true })
  })

  test('the key of an effect is the same in every run', async () => {
    await runFlow(flowOf(), options)
    const first = [...sink.keys]
    sink.keys.length = 0
    await runFlow(flowOf(), { ...options, restart: true })
    expect(sink.keys).toEqual(first)
    expect(new Set(first).size).toBe(35)
  })

  test('batches and pages have the size asked for; a slow sink holds the source back', async () => {
    let most = 0
    source.onPage = () => (most = Math.max(most, source.pagesRead - sink.batches.length))
    await runFlow(flowOf({ read: { from: 'from.records', pageSize: 5 }, batchSize: 2, maxInFlight: 1 }), options)
    expect(Math.max(...sink.batches)).toBe(2)
    most = 0
    sink.batches.length = 0
    source.pagesRead = 0
    await runFlow(flowOf({ read: { from: 'from.records', pageSize: 5 }, batchSize: 100, maxInFlight: 3 }), {
      ...options,
      restart: true,
    })
    expect(most).toBeLessThanOrEqual(5)
  })

  test('a source and a sink that are down for a while lose nothing and dead-letter nothing', async () => {
    source.readErrors = [undefined, ...Array.from({ length: 6 }, unavailable)]
    sink.writeErrors = [undefined, ...Array.from({ length: 6 }, unavailable)]
    expect(await runFlow(flowOf(), options)).toMatchObject({ written: 35, deadLettered: 0 })
    expect(sink.table.size).toBe(35)
  }, 20_000)

  test('a sink that stays down ends the run, and the next run goes on', async () => {
    sink.writeErrors = [undefined, ...Array.from({ length: 100 }, unavailable)]
    await expect(runFlow(flowOf({ limits: { patienceMs: 0 } }), options)).rejects.toMatchObject({ code: 'unavailable' })
    sink.writeErrors = []
    expect(await runFlow(flowOf(), options)).toMatchObject({ written: 25, deadLettered: 0 })
    expect(sink.table.size).toBe(35)
  })

  test('what is true of every record (no rights) ends the run instead of dead-lettering everything', async () => {
    sink.refuse = () => new ConnectorError({ code: 'permission_denied', message: 'no' })
    await expect(runFlow(flowOf(), options)).rejects.toMatchObject({ code: 'permission_denied' })
    sink.refuse = () => undefined
    expect(await runFlow(flowOf(), options)).toMatchObject({ written: 35 })
  })

  test('stops softly: the page in work is written, the next run goes on behind it', async () => {
    const controller = new AbortController()
    const first = await runFlow(flowOf(), {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    expect(first.outcome).toBe('stopped')
    expect(first.written).toBeLessThan(35)
    const second = await runFlow(flowOf(), options)
    expect(first.written + second.written).toBe(35)
  })

  test('stops softly while it waits for a source that is down', async () => {
    const controller = new AbortController()
    source.readErrors = [
      undefined,
      ...Array.from(
        { length: 50 },
        () => new ConnectorError({ code: 'rate_limited', message: 'later', retryAfterMs: 200_000 }),
      ),
    ]
    setTimeout(() => controller.abort(), 300)
    expect(await runFlow(flowOf(), { ...options, signal: controller.signal })).toMatchObject({
      outcome: 'stopped',
      written: 10,
    })
  })

  test('runs once at a time', async () => {
    const state = StateStore.open(statePath(), options.stateKey)
    const release = state.lease('test')
    await expect(runFlow(flowOf(), options)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('running already'),
    })
    release()
    state.close()
    await expect(runFlow(flowOf(), options)).resolves.toMatchObject({ written: 35 })
  })
})

describe('dead letters', () => {
  beforeEach(async () => {
    sink.refuse = (row) =>
      row['id'] === 7 || row['id'] === 8 ? new ConnectorError({ code: 'invalid_input', message: 'bad row' }) : undefined
    await runFlow(flowOf(), options)
  })

  test('one per key, however often it fails; payloads are encrypted', async () => {
    await runFlow(flowOf(), { ...options, restart: true })
    const state = StateStore.open(statePath(), options.stateKey)
    expect(state.deadLetters.list()).toMatchObject([
      { recordId: '7', attempts: 2, step: 'write', reason: 'bad row' },
      { recordId: '8' },
    ])
    state.close()
    const database = new Database(statePath(), { readonly: true })
    const { payload } = database.prepare('select payload from dead_letters').get() as { payload: Buffer }
    expect(payload.includes('n7')).toBe(false)
    database.close()
    const wrong = StateStore.open(statePath(), Buffer.alloc(32, 2).toString('hex'))
    expect(() => wrong.deadLetters.payload(1)).toThrow(/cannot be decrypted/)
    wrong.close()
  })

  test('replay: the same key, marked, never twice; dry run writes nothing', async () => {
    sink.refuse = () => undefined
    sink.keys.length = 0
    expect(await replayDeadLetters(flowOf(), { ...options, dryRun: true })).toMatchObject([
      { outcome: 'would replay' },
      { outcome: 'would replay' },
    ])
    expect(sink.table.has(7)).toBe(false)
    expect(await replayDeadLetters(flowOf(), options)).toMatchObject([{ outcome: 'replayed' }, { outcome: 'replayed' }])
    expect(sink.table.get(7)).toEqual({ id: 7, name: 'n7' })
    expect(await replayDeadLetters(flowOf(), { ...options, ids: [1] })).toMatchObject([{ outcome: 'refused' }])
    const keys = [...sink.keys]
    sink.keys.length = 0
    await runFlow(flowOf(), { ...options, restart: true })
    expect(sink.keys).toEqual(expect.arrayContaining(keys))
  })

  test('one whose record has passed since is refused', async () => {
    sink.refuse = () => undefined
    await runFlow(flowOf(), { ...options, restart: true })
    expect(await replayDeadLetters(flowOf(), { ...options, ids: [1] })).toMatchObject([
      { outcome: 'refused', reason: expect.stringContaining('newer') },
    ])
  })

  test('stops after so many failures', async () => {
    expect(await replayDeadLetters(flowOf(), { ...options, maxFailures: 1 })).toMatchObject([
      { outcome: 'failed', reason: 'bad row' },
    ])
  })
})

describe('the state file', () => {
  test('makes its key beside it, readable for its owner only', async () => {
    await runFlow(flowOf())
    const key = await stat(`${statePath()}.key`)
    expect(key.mode & 0o777).toBe(0o600)
    expect(Buffer.from((await readFile(`${statePath()}.key`, 'utf8')).trim(), 'base64')).toHaveLength(32)
  })

  test('of a newer version is refused', async () => {
    await runFlow(flowOf(), options)
    const database = new Database(statePath())
    database.pragma('user_version = 99')
    database.close()
    await expect(runFlow(flowOf(), options)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('newer version'),
    })
  })
})

describe('hostile expressions', () => {
  test('a catastrophic regular expression, an endless loop and a giant text fail their record only', async () => {
    source.records = [
      { id: 1, name: `${'a'.repeat(40)}!` },
      { id: 2, name: 'spin' },
      { id: 3, name: 'pad' },
      { id: 4, name: 'ok' },
    ]
    const report = await runFlow(
      flowOf({
        map: `{ "id": id, "m": $contains(name, /^(a+)+$/), "x": name = "spin" ? ($f := function($n) { $f($n + 1) }; $f(0)) : name = "pad" ? $length($pad("x", 1000000000)) : 0 }`,
        limits: { expressionMs: 300 },
      }),
      options,
    )
    expect(report).toMatchObject({ written: 2, deadLettered: 2 })
    expect(sink.table.get(1)).toEqual({ id: 1, m: false, x: 0 })
    expect(sink.table.get(4)).toMatchObject({ x: 0 })
  }, 30_000)

  test('a catastrophic pattern in validate runs in linear time', async () => {
    source.records = [{ id: 1, name: `${'a'.repeat(40)}!` }]
    expect(
      await runFlow(
        flowOf({ validate: { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } } }),
        options,
      ),
    ).toMatchObject({ deadLettered: 1 })
  })

  test('prototype keys do no harm', async () => {
    source.records = [JSON.parse('{"id":1,"__proto__":{"polluted":true}}')]
    await runFlow(
      flowOf({ fields: { id: 'id', proto: '__proto__.polluted', ['constructor']: { constant: 1 } } }),
      options,
    )
    expect(sink.table.get(1)).toEqual({ id: 1, proto: null, constructor: 1 })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
