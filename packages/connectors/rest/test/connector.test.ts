import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  connectorSuite,
  effectSuite,
  type Config,
  type EffectCase,
  type Peer,
  type Provocation,
  type Target,
} from '@casare/testing'
import { rest } from '../src/index.ts'
import { countingApi, type CountingApi } from './counting-api.ts'

const peer: Peer = { name: 'HTTP server of Node.js', version: process.versions.node, kind: 'real server' }
const token = 'the-right-token'
const items = Array.from({ length: 11 }, (_one, index) => ({ id: `i${index}`, group: Math.floor(index / 4) }))

/** An API with bearer tokens that gives every answer that is asked for, and shows in its refusals what it was sent. */
async function start(): Promise<Target & { list: typeof items }> {
  const list = [...items]
  const server = createServer((request, response) => void answer(request, response, list))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  return {
    list,
    address,
    config: { baseUrl: `http://127.0.0.1:${address.port}`, auth: { kind: 'bearer', token } },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, list: typeof items): Promise<void> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces)
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api.invalid')
  const send = (status: number, content: unknown): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content))
  if (request.headers.authorization !== `Bearer ${token}`)
    return send(401, { message: `Who is ${request.headers.authorization}?`, url: request.url })
  const status = /^\/status\/(\d+)$/.exec(pathname)?.[1]
  if (status !== undefined) return send(Number(status), { message: `This is ${status}.` })
  if (pathname === '/never') return
  if (pathname === '/items') {
    const from = list.findIndex(({ id }) => id === searchParams.get('after')) + 1
    const page = list.slice(from, from + Number(searchParams.get('size') ?? 4))
    return send(200, { items: page, next: from + page.length < list.length ? page.at(-1)?.id : null })
  }
  if (pathname === '/echo') return void response.writeHead(200, { 'content-type': 'text/plain' }).end(body)
  send(200, { method: request.method, path: pathname, bytes: body.length })
}

const operations = ['get', 'download', 'delete', 'patch', 'post', 'put', 'request', 'upload']
const statuses = { permission_denied: 403, not_found: 404, conflict: 409, rate_limited: 429, internal: 500 }

/** Each code of a request, by the status that means it or by a server that is not there. */
function provocations(extra: object): Record<string, Provocation> {
  const at = (path: string): { input: object } => ({ input: { path, ...extra } })
  const wrong = ({ config }: Target): Config => ({ ...config, auth: { kind: 'bearer', token: 'wrong-token-of-mine' } })
  return {
    ...Object.fromEntries(Object.entries(statuses).map(([code, status]) => [code, at(`/status/${status}`)])),
    invalid_input: at('/status/422'),
    unsupported: at('/status/501'),
    unauthenticated: { ...at('/thing'), config: wrong },
    timeout: { ...at('/never'), timeoutMs: 60 },
    unavailable: { ...at('/thing'), config: { baseUrl: 'http://127.0.0.1:1' } },
  }
}

const uploaded = { body: { text: 'grüße' } }

connectorSuite(rest, {
  peer,
  entry: import.meta.resolve('../src/index.ts'),
  start,
  examples: {
    get: { input: { path: '/things/{id}', values: { id: 'a b' }, query: { tag: ['x', 'y'] } } },
    download: { input: { path: '/thing' } },
    delete: { input: { path: '/things/1' } },
    patch: { input: { path: '/things/1', json: { name: 'new' } } },
    post: { input: { path: '/things', json: { name: 'first' } } },
    put: { input: { path: '/things/1', form: { name: 'other' } } },
    request: { input: { method: 'POST', path: '/things', body: { text: 'raw' } } },
    upload: { input: { path: '/files/1', ...uploaded } },
  },
  provocations: {
    ...Object.fromEntries(operations.map((name) => [name, provocations(name === 'upload' ? uploaded : {})])),
    'records.read': Object.fromEntries(
      Object.entries(provocations({})).map(([code, one]) => [
        code,
        code === 'timeout' ? { ...one, config: { timeouts: { readMs: 60 } } } : one,
      ]),
    ),
  },
  wrongCredentials: ({ config }) => ({ ...config, auth: { kind: 'bearer', token: 'not-the-right-token' } }),
  withSecret: ({ config }, secret) => ({ ...config, auth: { kind: 'bearer', token: secret } }),
  at: ({ config }, { host, port, secure }) => ({
    ...config,
    baseUrl: `${secure ? 'https' : 'http'}://${host}:${port}`,
  }),
  async echo(connection, text) {
    const { post } = connection as unknown as { post(input: unknown): Promise<{ body: unknown }> }
    return (await post({ path: '/echo', body: { text }, expect: 'text' })).body ?? ''
  },
  streams: {
    records: {
      read: {
        input: {
          path: '/items',
          recordsPath: 'items',
          idField: 'id',
          paging: { style: 'cursor', cursorParameter: 'after', cursorPath: 'next', sizeParameter: 'size' },
        },
        count: items.length,
        // Gone from the front, so that what follows moves up.
        change: async (_connection, target) => void (target as Target & { list: typeof items }).list.shift(),
      },
    },
  },
})

const counted = (input: object = {}): EffectCase<CountingApi> => ({
  input: (id) => ({ path: id, json: { id }, ...input }),
  applied: ({ created }, id) => created.get(id) ?? 0,
})
const storing = (input: object): EffectCase<CountingApi> => ({
  input: (id) => ({ path: id, ...input }),
  applied: ({ stored }, id) => (stored.has(id) ? 1 : 0),
})

effectSuite(rest, {
  peer,
  start: countingApi,
  at: (_target, { host, port }) => ({ baseUrl: `http://${host}:${port}` }),
  calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 50,
  operations: {
    post: counted(),
    patch: counted(),
    request: counted({ method: 'POST' }),
    put: storing({ json: { some: 'thing' } }),
    upload: storing({ body: { text: 'some bytes' } }),
    delete: {
      input: (id) => ({ path: id }),
      prepare: ({ stored }, id) => void stored.add(id),
      applied: ({ stored }, id) => (stored.has(id) ? 0 : 1),
    },
  },
})
