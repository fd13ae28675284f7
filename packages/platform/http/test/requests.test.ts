import { afterEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import { gzipSync, brotliCompressSync, deflateRawSync, deflateSync, zstdCompressSync } from 'node:zlib'
import { createAuthorizer } from '../src/index.ts'
import { clientFor, closeAll, contextWith, failureOf, redactor, serve } from './support/servers.ts'

afterEach(closeAll)

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const echo = () =>
  serve(async (request, response) => {
    const body = await bodyOf(request)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }))
  })

interface Echo {
  method: string
  url: string
  headers: Record<string, string>
  body: string
}

describe('requests', () => {
  test('fill the path, repeat list parameters and leave undefined ones out', async () => {
    const client = clientFor(`${await echo()}/api/v2/`)
    const { body, url } = await client.request(
      {
        path: '/things/{id}/parts',
        values: { id: 'a/b ü?' },
        query: { tag: ['x y', 'z&'], none: undefined, nothing: null, on: true },
        expect: 'json',
      },
      contextWith(),
    )
    expect((body as Echo).url).toBe('/api/v2/things/a%2Fb%20%C3%BC%3F/parts?tag=x%20y&tag=z%26&on=true')
    expect(url.endsWith('/api/v2/things/a%2Fb%20%C3%BC%3F/parts')).toBe(true)
  })

  test('send JSON, a form, bytes and a stream', async () => {
    const client = clientFor(await echo())
    const send = async (part: object) =>
      (await client.request({ method: 'POST', path: '/', expect: 'json', ...part }, contextWith())).body as Echo
    async function* stream() {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    }
    const json = await send({ json: { name: 'Zoë' } })
    expect([json.headers['content-type'], json.body]).toEqual(['application/json', '{"name":"Zoë"}'])
    const form = await send({ form: { a: '1 2', b: ['x', 'y'] } })
    expect([form.headers['content-type'], form.body]).toEqual(['application/x-www-form-urlencoded', 'a=1%202&b=x&b=y'])
    const streamed = await send({ body: stream, headers: { 'Content-Type': 'text/plain' } })
    expect([streamed.headers['content-type'], streamed.body]).toEqual(['text/plain', 'one two'])
    expect(streamed.headers['transfer-encoding']).toBe('chunked')
    const large = await send({ body: Buffer.alloc(300_000, 'x') })
    expect([large.headers['content-length'], large.body.length]).toEqual(['300000', 300_000])
  })

  test.each([
    ['line break in a header', { path: '/', headers: { 'x-note': 'a\r\nx-admin: 1' } }, 'x-note'],
    ['line break in a header name', { path: '/', headers: { 'x\r\ny': '1' } }, 'not a token'],
    ['a header of the framing', { path: '/', headers: { 'Transfer-Encoding': 'chunked' } }, 'client itself'],
    ['a climbing path', { path: '/a/../../secret' }, '".."'],
    ['a climbing path, encoded', { path: '/a/%2E%2e/secret' }, '".."'],
    ['a climbing value', { path: '/a/{id}', values: { id: '..' } }, '"id"'],
    ['a missing value', { path: '/a/{id}' }, '"id"'],
    ['a value from the prototype', { path: '/a/{toString}', values: {} }, '"toString"'],
    ['white space in the path', { path: '/a b' }, 'white space'],
    ['a user in a URL', { url: 'http://me:pass@127.0.0.1/' }, 'user or password'],
    ['another origin', { url: 'http://127.0.0.2:1/' }, 'allowOrigins'],
    ['another scheme', { url: 'file:///etc/passwd' }, 'http'],
    ['two bodies', { path: '/', method: 'POST', json: 1, form: { a: 1 } }, 'only one'],
  ])('refuse %s before anything is sent', async (_what, request, words) => {
    let requests = 0
    const client = clientFor(await serve((_request, response) => void (requests++, response.end())))
    const error = await failureOf(client.request({ ...request, expect: 'none' }, contextWith()))
    expect([error.code, error.applied, requests]).toEqual(['invalid_input', 'no', 0])
    expect(error.message).toContain(words)
    expect(error.message).not.toContain('x-admin')
  })

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
  ])('undo %s, whole and as a stream', async (coding, compress) => {
    const text = JSON.stringify({ text: 'abc'.repeat(50_000) })
    const origin = await serve((_request, response) => {
      response.setHeader('content-encoding', coding)
      response.end(compress(Buffer.from(text)))
    })
    const client = clientFor(origin)
    const whole = await client.request({ path: '/', expect: 'text' }, contextWith())
    expect(whole.body).toBe(text)
    const { body } = await client.request({ path: '/', expect: 'stream' }, contextWith())
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(text)
  })

  test('undo two codings, and refuse an unknown one', async () => {
    const origin = await serve((request, response) => {
      response.setHeader('content-encoding', request.url === '/two' ? 'gzip, br' : 'snappy')
      response.end(brotliCompressSync(gzipSync('{"a":1}')))
    })
    const client = clientFor(origin)
    expect((await client.request({ path: '/two', expect: 'json' }, contextWith())).body).toEqual({ a: 1 })
    const error = await failureOf(client.request({ path: '/other', expect: 'json' }, contextWith()))
    expect([error.code, error.message.includes('snappy')]).toEqual(['internal', true])
  })
})

describe('credentials', () => {
  test.each([
    [{ kind: 'api_key', key: 'key-123456789' }, 'x-api-key', 'key-123456789'],
    [{ kind: 'api_key', key: 'key-123456789', name: 'X-Token' }, 'x-token', 'key-123456789'],
    [{ kind: 'bearer', token: 'token-123456' }, 'authorization', 'Bearer token-123456'],
    [{ kind: 'basic', user: 'zoë', password: 'pass:word-1' }, 'authorization', 'Basic em/DqzpwYXNzOndvcmQtMQ=='],
  ] as const)('%j', async (auth, header, value) => {
    const client = clientFor(await echo(), { authorizer: createAuthorizer(auth, redactor) })
    const { body } = await client.request({ path: '/', expect: 'json' }, contextWith())
    expect((body as Echo).headers[header]).toBe(value)
    expect(redactor.text(`it was ${value}`)).not.toContain(value.slice(-9))
  })

  test('a key in the query never shows in an error', async () => {
    const authorizer = createAuthorizer({ kind: 'api_key', key: 'query-key-1234', in: 'query', name: 'k' }, redactor)
    const origin = await serve((request, response) => void response.writeHead(404).end(`no ${request.url}`))
    const error = await failureOf(
      clientFor(origin, { authorizer }).request({ path: '/x?a=1', expect: 'json' }, contextWith()),
    )
    expect(error.message).toContain('/x?a=1&k=[secret]')
    expect(JSON.stringify(error)).not.toContain('query-key-1234')
  })

  test('a secret with a line break is refused without being shown', async () => {
    const authorizer = createAuthorizer({ kind: 'bearer', token: 'abcdefgh\r\nx: y' }, redactor)
    const error = await failureOf(
      clientFor(await echo(), { authorizer }).request({ path: '/', expect: 'json' }, contextWith()),
    )
    expect([error.code, error.message.includes('abcdefgh')]).toEqual(['invalid_input', false])
  })

  test('refreshed credentials get one more try, and only one', async () => {
    let token = 'old'
    let refreshes = 0
    const seen: (string | undefined)[] = []
    const origin = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(request.url === '/open' && request.headers.authorization === 'new' ? 200 : 401).end()
    })
    const authorizer = {
      apply: ({ headers }: { headers: Record<string, string> }) => void (headers['authorization'] = token),
      onUnauthorized: async () => {
        refreshes += 1
        token = 'new'
        return true
      },
    }
    const client = clientFor(origin, { authorizer })
    expect((await client.request({ path: '/open', expect: 'none' }, contextWith())).status).toBe(200)
    const error = await failureOf(client.request({ path: '/shut', expect: 'none' }, contextWith()))
    expect([error.code, refreshes, seen]).toEqual(['unauthenticated', 2, ['old', 'new', 'new', 'new']])
  })
})
