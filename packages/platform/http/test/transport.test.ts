import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { execFile } from 'node:child_process'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { generate } from 'selfsigned'
import { clientFor, closeAll, contextWith, failureOf, onClose, redactor } from './support/servers.ts'
import { createHttpClient } from '../src/index.ts'

afterEach(closeAll)

type Pair = { cert: string; key: string }

async function certificate(name: string, notAfterDate?: Date): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    ...(notAfterDate === undefined
      ? {}
      : { notBeforeDate: new Date(notAfterDate.getTime() - 86_400_000), notAfterDate }),
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
    ],
  } as never)
  return { cert: made.cert, key: made.private }
}

let good: Pair
let other: Pair
let expired: Pair

beforeAll(async () => {
  good = await certificate('localhost')
  other = await certificate('elsewhere.example')
  expired = await certificate('localhost', new Date(Date.now() - 3_600_000))
})

async function serveTls(options: ServerOptions): Promise<string> {
  const server = createServer(options, (request, response) => {
    if (request.url !== '/') response.writeHead(302, { location: `http://127.0.0.1:1${request.url}` })
    const { authorized } = request.socket as unknown as { authorized: boolean }
    response.end(JSON.stringify({ authorized }))
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onClose(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

const get = { path: '/', expect: 'json' } as const

describe('tls', () => {
  test('a self-signed certificate is refused, and accepted as its own authority', async () => {
    const origin = await serveTls(good)
    const error = await failureOf(clientFor(origin).request(get, contextWith()))
    expect([error.code, error.applied, error.transient]).toEqual(['unavailable', 'no', false])
    expect(error.message).toContain('tls.ca')
    expect((await clientFor(origin, { tls: { ca: good.cert } }).request(get, contextWith())).status).toBe(200)
  })

  test('the environment cannot switch verification off', async () => {
    const origin = await serveTls(good)
    // In a process of its own: this one's environment is a copy that Node's TLS does not look at.
    const script = `
      import { Redactor } from '@casare/core'
      import { createHttpClient } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
      const redactor = new Redactor()
      const context = { signal: new AbortController().signal, effect: 'read', redactor, fileRoots: [], note() {} }
      const client = createHttpClient({ baseUrl: '${origin}', redactor })
      const outcome = await client.request({ path: '/', expect: 'none' }, context).then(({ status }) => status, ({ code }) => code)
      process.stdout.write(String(outcome))
      await client.close()`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@casare/source', '--input-type=module', '--eval', script],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' } },
    )
    expect(stdout).toBe('unavailable')
  })

  test('a redirect from https to http is refused', async () => {
    const origin = await serveTls(good)
    const client = clientFor(origin, { tls: { ca: good.cert } })
    const error = await failureOf(client.request({ path: '/from', expect: 'none' }, contextWith()))
    expect([error.code, error.message.includes('unencrypted'), error.applied]).toEqual(['internal', true, 'no'])
  })

  test('a certificate for another name is refused unless that name is asked for', async () => {
    const origin = await serveTls(other)
    const wrong = await failureOf(clientFor(origin, { tls: { ca: other.cert } }).request(get, contextWith()))
    expect([wrong.code, wrong.applied, wrong.message.includes('serverName')]).toEqual(['unavailable', 'no', true])
    const tls = { ca: other.cert, serverName: 'elsewhere.example' }
    expect((await clientFor(origin, { tls }).request(get, contextWith())).status).toBe(200)
  })

  test('an expired certificate is refused', async () => {
    const origin = await serveTls(expired)
    const error = await failureOf(clientFor(origin, { tls: { ca: expired.cert } }).request(get, contextWith()))
    expect([error.code, error.message.includes('expired')]).toEqual(['unavailable', true])
  })

  test('TLS 1.1 is refused', async () => {
    const origin = await serveTls({ ...good, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' })
    const error = await failureOf(clientFor(origin, { tls: { ca: good.cert } }).request(get, contextWith()))
    expect([error.code, error.applied, error.transient]).toEqual(['unavailable', 'no', false])
  })

  test('a client certificate is shown', async () => {
    const origin = await serveTls({ ...good, requestCert: true, ca: other.cert })
    const tls = { ca: good.cert, cert: other.cert, key: other.key }
    expect((await clientFor(origin, { tls }).request(get, contextWith())).body).toEqual({ authorized: true })
  })
})

describe('plaintext', () => {
  test('to a host that is not loopback is refused at construction', () => {
    expect(() => createHttpClient({ baseUrl: 'http://api.example.com', redactor })).toThrow(
      "tls: { insecure: 'plaintext' }",
    )
  })

  test('can be allowed, and is told', () => {
    const events: unknown[] = []
    createHttpClient({
      baseUrl: 'http://api.example.com',
      redactor,
      tls: { insecure: 'plaintext' },
      event: (name, detail) => events.push([name, detail]),
    })
    expect(events).toEqual([['plaintext', { host: 'api.example.com' }]])
  })
})

test.each([
  ['no URL', { baseUrl: 'api.example.com' }],
  ['a password in it', { baseUrl: 'https://me:pass@api.example.com' }],
  ['a query in it', { baseUrl: 'https://api.example.com?a=1' }],
  ['a wrong limit', { baseUrl: 'https://api.example.com', limits: { maxBodyBytes: -1 } }],
  ['a wrong time-out', { baseUrl: 'https://api.example.com', timeouts: { readMs: 0 } }],
  ['a bad header', { baseUrl: 'https://api.example.com', headers: { 'x-a': 'b\nc' } }],
])('settings with %s are refused at construction', (_what, options) => {
  const failure = (): unknown => createHttpClient({ redactor, ...options })
  expect(failure).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(failure).not.toThrow(/me:pass/)
})
