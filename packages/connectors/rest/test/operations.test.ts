import { afterEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { rest } from '../src/index.ts'
import { closeAll, connectTo, failureOf, serve } from './serve.ts'

afterEach(closeAll)

interface Seen {
  method: string | undefined
  url: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

/** Keeps what it was asked; the first `failures` requests are answered by `fail`. */
async function peer(fail?: (response: ServerResponse) => void, failures = 1) {
  const seen: Seen[] = []
  const origin = await serve(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
    if (fail !== undefined && seen.length <= failures) return fail(response)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
  return { origin, seen }
}

describe('operations', () => {
  test.each(['get', 'post', 'put', 'patch', 'delete'] as const)('%s', async (name) => {
    const { origin, seen } = await peer()
    const input = {
      path: '/things/{id}',
      values: { id: 'a b' },
      query: { x: 1 },
      ...(name === 'get' ? {} : { json: { n: 1 } }),
    }
    const answer = await connectTo(origin)[name](input)
    expect([answer.status, answer.body]).toEqual([200, { ok: true }])
    expect(seen[0]).toMatchObject({
      method: name.toUpperCase(),
      url: '/things/a%20b?x=1',
      body: name === 'get' ? '' : '{"n":1}',
    })
  })

  test('request takes any method and gives any form', async () => {
    const { origin, seen } = await peer()
    const api = connectTo(origin)
    expect((await api.request({ method: 'OPTIONS', path: '/', expect: 'text' })).body).toBe('{"ok":true}')
    const bytes = await api.request({ path: '/', expect: 'bytes' })
    expect(Buffer.isBuffer(bytes.body)).toBe(true)
    expect((await api.request({ method: 'HEAD', path: '/' })).body).toBeUndefined()
    expect(seen.map(({ method }) => method)).toEqual(['OPTIONS', 'GET', 'HEAD'])
  })

  test('the JSON side gives the same, bytes tagged', async () => {
    const { origin } = await peer()
    const api = connectTo(origin)
    const json = await api.$.execute('get', { path: '/' })
    expect(json).toMatchObject({ success: true, output: { status: 200, body: { ok: true } } })
    const bytes = await api.$.execute('get', { path: '/', expect: 'bytes' })
    expect(bytes).toMatchObject({ output: { body: { $bytes: Buffer.from('{"ok":true}').toString('base64') } } })
  })

  test('unknown fields and wrong types are refused', async () => {
    const { origin, seen } = await peer()
    const api = connectTo(origin)
    expect((await failureOf(api.get({ path: '/', body: 1 } as never))).code).toBe('invalid_input')
    expect((await failureOf(api.get({ path: 1 } as never))).message).toContain('path')
    expect(seen).toEqual([])
  })

  test('an upload streams, and is repeated only where its body can be opened again', async () => {
    const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy()
    async function* bytes() {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    }
    const again = await peer(reset)
    await connectTo(again.origin).upload({ path: '/f', body: bytes, contentType: 'text/plain' })
    expect(again.seen.map(({ method, body }) => [method, body])).toEqual([
      ['PUT', 'one two'],
      ['PUT', 'one two'],
    ])
    expect(again.seen[0]?.headers['content-type']).toBe('text/plain')
    const once = await peer(reset)
    const error = await failureOf(connectTo(once.origin).upload({ path: '/f', body: bytes() }))
    expect([error.code, error.retryable, error.message.includes('consumed')]).toEqual(['unavailable', false, true])
    expect(once.seen.length).toBe(1)
  })
})

test('a stream that was read is never sent as a part of itself', async () => {
  const { origin, seen } = await peer()
  const api = connectTo(origin)
  const stream = (async function* () {
    yield Buffer.from('all')
  })()
  await api.upload({ path: '/f', body: stream })
  expect((await failureOf(api.upload({ path: '/f', body: stream }))).code).toBe('invalid_input')
  expect(seen.map(({ body }) => body)).toEqual(['all'])
})

describe('effects', () => {
  const lost = (response: ServerResponse): void => void response.socket?.resetAndDestroy()
  const busy = (response: ServerResponse): void => void response.writeHead(429, { 'retry-after': '0' }).end()

  test.each([
    ['get', 2],
    ['put', 2],
    ['delete', 2],
    ['post', 1],
    ['patch', 1],
    ['request', 1],
  ] as const)('%s whose answer was lost is sent %i times', async (name, times) => {
    const { origin, seen } = await peer(lost)
    const outcome = await connectTo(origin)
      [name]({ path: '/' })
      .then(
        () => 'ok',
        (error: { code: string }) => error.code,
      )
    expect([outcome, seen.length]).toEqual([times === 2 ? 'ok' : 'outcome_unknown', times])
  })

  test.each(['post', 'request'] as const)('%s that was refused for its rate is repeated', async (name) => {
    const { origin, seen } = await peer(busy)
    await connectTo(origin)[name]({ path: '/' })
    expect(seen.length).toBe(2)
  })

  test('a call may know better, and its idempotency key goes along', async () => {
    const { origin, seen } = await peer(lost)
    await connectTo(origin).post({ path: '/' }, { effect: 'idempotent', idempotencyKey: 'key-1' })
    expect(seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-1'])
  })

  test("a retry's 404 to a delete is not taken for the truth", async () => {
    let deleted = false
    const origin = await serve((request, response) => {
      if (deleted) return void response.writeHead(404).end()
      deleted = true
      request.socket.resetAndDestroy()
    })
    expect((await failureOf(connectTo(origin).delete({ path: '/x' }))).code).toBe('outcome_unknown')
  })
})

describe('connection', () => {
  test('the secret is in no error, log line or description', async () => {
    const key = 'super-secret-key-1'
    const lines: unknown[] = []
    const origin = await serve(
      (request, response) => void response.writeHead(403).end(`bad key ${String(request.headers['x-api-key'])}`),
    )
    const api = connectTo(origin, { auth: { kind: 'api_key', key }, log: (line) => lines.push(line) })
    const error = await failureOf(api.get({ path: '/a' }))
    expect([error.code, error.message.includes('bad key [secret]')]).toEqual(['permission_denied', true])
    expect(JSON.stringify([error, lines, api.$.describe(), error.stack])).not.toContain(key)
    expect(lines).toMatchObject([
      { operation: 'get', method: 'GET', path: '/a', status: 403, outcome: 'error', code: 'permission_denied' },
    ])
  })

  test('check: anything that answers will do, unless it refuses us; a path must succeed', async () => {
    const origin = await serve((request, response) =>
      response.writeHead(request.headers.authorization === 'Bearer right-token' ? 404 : 401).end(),
    )
    await connectTo(origin, { auth: { kind: 'bearer', token: 'right-token' } }).$.check()
    const wrong = connectTo(origin, { auth: { kind: 'bearer', token: 'wrong-token' } })
    expect((await failureOf(wrong.$.check())).code).toBe('unauthenticated')
    const path = connectTo(origin, { auth: { kind: 'bearer', token: 'right-token' }, checkPath: '/health' })
    expect((await failureOf(path.$.check())).code).toBe('not_found')
  })

  test.each([
    ['no address', {}],
    ['plain words', { baseUrl: 'somewhere' }],
    ['an unknown key', { baseUrl: 'https://api.example.com', retries: 3 }],
    ['a kind that is none', { baseUrl: 'https://api.example.com', auth: { kind: 'magic' } }],
    ['verification switched off', { baseUrl: 'https://api.example.com', tls: { insecure: true } }],
  ])('a config with %s fails at its line', (_what, config) => {
    expect(() => rest(config as never)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  test('plaintext to a host that is not loopback is refused at the first call', async () => {
    const api = connectTo('http://api.example.com')
    const error = await failureOf(api.get({ path: '/' }))
    expect([error.code, error.applied]).toEqual(['invalid_input', 'no'])
  })

  test('describe shows each operation with its schemas and loads no undici', () => {
    const description = rest.describe()
    expect(Object.keys(description.operations)).toEqual([
      'delete',
      'download',
      'get',
      'patch',
      'post',
      'put',
      'request',
      'upload',
    ])
    expect(description.operations['upload']).toMatchObject({ effect: 'unsafe', effectDepends: true })
    expect(description.streams['records']?.read?.identified).toBe(true)
  })
})
