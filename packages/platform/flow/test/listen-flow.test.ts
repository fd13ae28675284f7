import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { defineFlow, replayDeadLetters, runFlow, StateStore, type FlowDefinition } from '../src/index.ts'
import { Memory, memory } from './support/memory.ts'

let folder: string
let source: Memory
let sink: Memory
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-flow-'))
  source = new Memory()
  sink = new Memory()
})
afterEach(async () => rm(folder, { recursive: true }))

const options = { stateKey: Buffer.alloc(32, 1).toString('base64') }
const fast = { resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } } }

function flowOf(extra: Partial<FlowDefinition> = {}) {
  return defineFlow(
    {
      flow: 'events',
      connections: {
        from: { connector: memory, config: { system: source, ...fast } },
        to: { connector: memory, config: { system: sink, ...fast } },
      },
      listen: { from: 'from.events', idleMs: 50 },
      write: { to: 'to.records' },
      ...extra,
    },
    folder,
  )
}
const event = (id: number): object => ({ id, name: `n${id}` })
const events = (count: number): object[] => Array.from({ length: count }, (_, id) => event(id))
const refusal = (): ConnectorError =>
  new ConnectorError({ code: 'invalid_input', applied: 'no', message: 'not this one' })

test('moves what arrives, in batches, acknowledges it and ends when nothing comes any more', async () => {
  source.send(...events(250))
  const report = await runFlow(flowOf({ fields: { id: 'id', label: 'name' } }), options)
  expect(report).toMatchObject({ read: 250, written: 250, deadLettered: 0, outcome: 'complete' })
  expect(sink.table.get(249)).toEqual({ id: 249, label: 'n249' })
  expect(source.acknowledged).toHaveLength(250)
  expect(sink.batches.length).toBeLessThan(250)
  expect(new Set(sink.keys).size).toBe(250)
})

test('what fails is acknowledged once its dead letter is stored; a replay writes it; equal events keep their own', async () => {
  source.send(event(1), { bad: true }, { bad: true }, event(2))
  sink.refuse = (record) => (record['bad'] === true ? refusal() : undefined)
  expect(await runFlow(flowOf(), options)).toMatchObject({ read: 4, written: 2, deadLettered: 2, deadLettersOpen: 2 })
  expect(source.acknowledged).toHaveLength(4)
  sink.refuse = () => undefined
  expect(await replayDeadLetters(flowOf(), options)).toMatchObject([{ outcome: 'replayed' }, { outcome: 'replayed' }])
})

test('asked to stop, it writes and acknowledges what it has taken, and leaves the rest', async () => {
  const stop = new AbortController()
  source.send(...events(30))
  const report = await runFlow(flowOf({ listen: { from: 'from.events', concurrency: 10 }, batchSize: 10 }), {
    ...options,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  })
  expect(report.outcome).toBe('stopped')
  expect(sink.table.size).toBe(report.written)
  expect(source.acknowledged).toHaveLength(report.written)
  expect(report.written).toBeLessThan(30)
})

test('a sink that stays down ends the run; nothing is acknowledged that was not written', async () => {
  source.send(...events(5))
  sink.writeErrors = Array.from(
    { length: 50 },
    () => new ConnectorError({ code: 'unavailable', applied: 'no', transient: true, message: 'down' }),
  )
  const failed = runFlow(flowOf({ limits: { patienceMs: 20 } }), options)
  await expect(failed).rejects.toMatchObject({ code: 'unavailable', message: 'down' })
  expect(sink.table.size).toBe(0)
  expect(source.acknowledged).toEqual([])
  expect(source.returned.length + source.queue.length).toBe(5)
  const state = StateStore.open(join(folder, '.casare', 'state.db'), options.stateKey)
  expect(state.deadLetters.count('events')).toBe(0)
  state.close()
})

test('a flow has one source, and the stream must listen', async () => {
  const both = { read: { from: 'from.records' }, listen: { from: 'from.events' } }
  expect(() => flowOf(both)).toThrow('flow: listen: a flow has one source: take out "listen" or "read".')
  expect(() => flowOf({ listen: undefined })).toThrow('"read" is missing (or "listen"')
  await expect(runFlow(flowOf({ listen: { from: 'from.records' } }), options)).rejects.toThrow(
    'flow: listen.from: the stream records of memory cannot listen.',
  )
})
