import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from '@jest/globals'
import { assertTransport, type RequestLogLine } from '../src/index.ts'
import { fast, lost, Shelf, shelf } from './support/shelf.ts'

test('one line per attempt, with outcome and code', async () => {
  const client = new Shelf()
  client.failures = [lost()]
  const lines: RequestLogLine[] = []
  const connection = shelf({ shelf: client, ...fast, log: (line) => lines.push(line) })
  await connection.put({ name: 'a', text: 'secret body' })
  expect(lines).toMatchObject([
    { connector: 'shelf', operation: 'put', attempt: 1, outcome: 'error', code: 'unavailable' },
    { connector: 'shelf', operation: 'put', attempt: 2, outcome: 'ok' },
  ])
  expect(JSON.stringify(lines)).not.toContain('secret body')
  await connection.close()
})

test('diagnostics channels tell of calls, attempts and events', async () => {
  const heard: [string, unknown][] = []
  const names = ['casare:call:start', 'casare:call:end', 'casare:attempt', 'casare:event']
  const listeners = names.map((name) => (message: unknown) => void heard.push([name, { ...(message as object) }]))
  names.forEach((name, index) => subscribe(name, listeners[index] ?? (() => undefined)))
  const client = new Shelf()
  const connection = shelf({ shelf: client, ...fast })
  await connection.get({ name: 'nobody' }).catch(() => undefined)
  names.forEach((name, index) => unsubscribe(name, listeners[index] ?? (() => undefined)))
  await connection.get({ name: 'nobody' }).catch(() => undefined)
  await connection.close()
  expect(heard).toMatchObject([
    ['casare:call:start', { connector: 'shelf', operation: 'get' }],
    ['casare:attempt', { outcome: 'error', code: 'not_found' }],
    ['casare:call:end', { operation: 'get', attempts: 1, error: { code: 'not_found' } }],
  ])
})

test.each([
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['localhost', true],
  ['LOCALHOST.', true],
  ['db.localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0:0:0:0:0:0:0:1', true],
  ['::ffff:127.0.0.1', true],
  ['127.0.0.1.evil.example', false],
  ['localhost.evil.example', false],
  ['10.0.0.1', false],
  ['0.0.0.0', false],
  ['::', false],
  ['127.1.1', false],
  ['example.com', false],
  ['1270.0.0.1', false],
  ['127.0.0.256', false],
])('plaintext to %s: %s', (host, allowed) => {
  const check = (): void => assertTransport({ host, secure: false, tls: undefined })
  if (allowed) expect(check).not.toThrow()
  else expect(check).toThrow(/not be encrypted/)
  expect(() => assertTransport({ host, secure: true, tls: undefined })).not.toThrow()
})

test('plaintext that was asked for raises an event', () => {
  const events: unknown[] = []
  assertTransport({
    host: 'example.com',
    secure: false,
    tls: { insecure: 'plaintext' },
    event: (name, detail) => events.push([name, detail]),
  })
  expect(events).toEqual([['plaintext', { host: 'example.com' }]])
})
