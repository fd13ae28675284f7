import { expect, test } from '@jest/globals'
import { getCACertificates } from 'node:tls'
import { assertTransport, isLoopback, Secret, tlsOptions } from '../src/index.ts'

test('TLS: verified from 1.2 on, Node’s own authorities beside those given', async () => {
  expect(await tlsOptions({})).toEqual({ minVersion: 'TLSv1.2', rejectUnauthorized: true })
  const own = getCACertificates('default')
  expect(await tlsOptions({ ca: 'mine', cert: 'certificate', key: 'key', serverName: 'name' })).toEqual({
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ca: [...own, 'mine'],
    cert: 'certificate',
    key: 'key',
    servername: 'name',
  })
  expect(await tlsOptions({ ca: ['a', 'b'], key: new Secret('hidden') })).toMatchObject({
    ca: [...own, 'a', 'b'],
    key: 'hidden',
  })
})

test('plaintext that was asked for needs nobody who listens', () => {
  expect(() => assertTransport({ host: 'a.example', secure: false, tls: { insecure: 'plaintext' } })).not.toThrow()
})

test.each([
  ['[::1', true],
  ['::1]', true],
  ['a[::1]', false],
  ['127.0.0.1x', false],
  ['x127.0.0.1', false],
])('%s is this machine: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})
