/* eslint-disable @nx/enforce-module-boundaries -- the example is no package: there is no other way to it */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { faultOf, repeatsRecord } from '../../../../examples/airports-and-flights/server/faults.ts'
import { loadFlights, type Flight } from '../../../../examples/airports-and-flights/server/dataset.ts'
import { malformedCount, withMalformed } from '../../../../examples/airports-and-flights/server/malformed.ts'
import { startServer, type ServerOptions } from '../../../../examples/airports-and-flights/server/start-server.ts'
import { closeAll, connectTo, failureOf, onClose } from './serve.ts'

afterEach(closeAll)

let flights: Flight[]
beforeAll(() => {
  flights = loadFlights('20k')
})

async function start(options: ServerOptions) {
  const server = await startServer({ dataset: '20k', ...options })
  onClose(() => server.close())
  const api = connectTo(server.url, {
    auth: {
      kind: 'oauth2_client_credentials',
      tokenUrl: `${server.url}/oauth/token`,
      clientId: 'airports-and-flights',
      clientSecret: server.clientSecret,
    },
    timeouts: { readMs: 500 },
  })
  return { server, api }
}

const flightsInput = {
  path: '/flights',
  recordsPath: 'data',
  idField: 'id',
  paging: { style: 'cursor', cursorPath: 'next', sizeParameter: 'limit' },
  pageSize: 1_000,
} as const

const isSound = (flight: Record<string, unknown>): boolean =>
  ['id', 'delay', 'distance', 'time'].every((field) => typeof flight[field] === 'number')

describe('the API of the example', () => {
  test('gives all airports and flights through its faults, five flights malformed', async () => {
    const { server, api } = await start({ seed: 1 })
    const airports = new Set<unknown>()
    const pages = { style: 'page', sizeParameter: 'size' } as const
    for await (const { id } of api.records.read({
      path: '/airports',
      recordsPath: 'data',
      paging: pages,
      pageSize: 100,
    }))
      airports.add(id)
    expect(airports.size).toBe(3_376)
    const byId = new Map<unknown, Record<string, unknown>>()
    let read = 0
    for await (const flight of api.records.read(flightsInput)) {
      byId.set(flight['id'], flight)
      read += 1
    }
    const sound = [...byId.values()].filter(isSound)
    expect([byId.size, sound.length, read > byId.size]).toEqual([20_000, 19_995, true])
    for (const count of Object.values(server.faults)) expect(count).toBeGreaterThan(0)
  })

  test('behaves without faults where they are off', async () => {
    const { server, api } = await start({ faults: 'off' })
    let read = 0
    for await (const flight of api.records.read(flightsInput)) read += isSound(flight) ? 1 : 0
    expect([read, Object.values(server.faults)]).toEqual([20_000, [0, 0, 0, 0]])
  })

  test('faults depend on seed, request and attempt alone, and no request fails more than twice', () => {
    const requests = Array.from({ length: 3_000 }, (_, index) => `GET /flights?limit=1000&cursor=after-${index}`)
    const draw = (seed: number, attempt: number) => requests.map((request) => faultOf(seed, request, attempt, 0))
    expect(draw(1, 1)).toEqual(draw(1, 1))
    expect(draw(1, 1)).not.toEqual(draw(2, 1))
    expect(draw(1, 1)).not.toEqual(draw(1, 2))
    expect(new Set(draw(1, 3))).toEqual(new Set(['none']))
    const failing = draw(1, 1).filter((fault) => fault !== 'none').length / requests.length
    expect(failing).toBeGreaterThan(0.02)
    expect(failing).toBeLessThan(0.06)
    expect([4, 8, 13, 18].map((page) => faultOf(1, 'GET /', 1, page)).sort()).toEqual(
      ['reset', 'stall', 'too_many_requests', 'unavailable'].sort(),
    )
    expect(repeatsRecord(1, 2)).toBe(true)
    expect(repeatsRecord(1, 0)).toBe(false)
  })

  test.each([1, 2, 99])('exactly five flights are malformed, each once and with its id (seed %i)', (seed) => {
    const damaged = withMalformed(flights, seed)
    const different = damaged.filter((flight, index) => flight !== flights[index])
    expect([malformedCount, different.length, different.filter(isSound).length]).toEqual([5, 5, 0])
    expect(damaged.map(({ id }) => id)).toEqual(flights.map(({ id }) => id))
    expect(withMalformed(flights, seed)).toEqual(damaged)
  })

  test('wants its key, and tells wrong questions from unknown paths', async () => {
    const { server, api } = await start({ faults: 'off' })
    expect((await failureOf(connectTo(server.url).get({ path: '/airports' }))).code).toBe('unauthenticated')
    expect((await failureOf(api.get({ path: '/planes' }))).code).toBe('not_found')
    expect((await failureOf(api.get({ path: '/flights', query: { cursor: 'x' } }))).code).toBe('invalid_input')
  })

  test('ends when its standard input does', async () => {
    const main = new URL('../../../../examples/airports-and-flights/server/main.ts', import.meta.url)
    const child = spawn(process.execPath, [main.pathname, '--dataset', '20k'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    expect(JSON.parse(line)).toEqual({ url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) })
    child.stdin.end()
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
