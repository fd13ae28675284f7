import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from '@jest/globals'
import { composeFile } from '../src/compose-file.ts'
import { findPeer, planPeer, systems } from '../src/index.ts'
import { findBinary } from '../src/find-binary.ts'
import { greet } from '../src/greet.ts'

const closers: (() => void)[] = []
const path = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = path
  for (const close of closers.splice(0)) close()
})

async function answering(answer: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

test('the variable comes before everything, and its server is used as it is', async () => {
  const port = await answering('INFO {"server_id":"x","version":"9.8.7"} \r\n')
  const environment = { CASARE_TEST_NATS_URL: `nats://127.0.0.1:${port}`, CASARE_PEERS: 'docker', CI: 'true' }
  const peer = await findPeer('nats', { environment })
  expect(peer).toMatchObject({ source: 'environment', version: '9.8.7', url: environment.CASARE_TEST_NATS_URL })
  await peer?.stop()
})

test('a named server that is not there fails, and no other one takes its place', async () => {
  const port = await answering('HTTP/1.1 400 Bad Request\r\n\r\n')
  const environment = { CASARE_TEST_NATS_URL: `nats://127.0.0.1:${port}` }
  await expect(findPeer('nats', { environment })).rejects.toThrow('does not speak the protocol of NATS')
})

test('without a binary: Docker only when asked for, the standard port only with CI or local, else missing', async () => {
  // Programs of folders outside of PATH are found too, and kcat's only place is PATH.
  process.env['PATH'] = '/nonexistent'
  expect(await planPeer('redis', { environment: {} })).toMatchObject({
    source: 'missing',
    reason: 'redis-server is not installed',
    howToGet: expect.stringContaining('apt-get install redis-server'),
  })
  expect(await planPeer('redis', { environment: { CASARE_PEERS: 'docker' } })).toEqual({ source: 'docker' })
  expect(await planPeer('redis', { environment: { CASARE_PEERS: 'docker' }, tls: true })).toMatchObject({
    source: 'missing',
  })
  // A mock cluster has no container, and nobody listens on its standard port here.
  expect(await planPeer('kafka', { environment: { CASARE_PEERS: 'docker' } })).toMatchObject({ source: 'missing' })
  expect(await findPeer('kafka', { environment: {} })).toBeUndefined()
})

test('a binary is found in PATH first, then in the folder with the highest version', () => {
  process.env['PATH'] = '/nonexistent'
  expect(findBinary('node')).toBeUndefined()
  process.env['PATH'] = `/nonexistent:${process.execPath.replace(/\/[^/]+$/, '')}`
  expect(findBinary('node')).toBe(process.execPath)
})

test.each([
  ['redis', '$40\r\n# Server\r\nredis_version:7.4.1\r\n', '7.4.1'],
  ['redis', '-NOAUTH Authentication required.\r\n', undefined],
  ['mysql', '\x40\0\0\0\x0a5.5.5-10.11.6-MariaDB\0', '10.11.6-MariaDB'],
  ['postgresql', 'R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\x0016.4\0', '16.4'],
  ['postgresql', 'R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0', undefined],
  ['rabbitmq', '\x01\0\0\0\0\0\x20\x07versionS\0\0\0\x064.1.0.', '4.1.0.'],
  ['mqtt', '\x20\x02\0\0', undefined],
] as const)('the greeting of %s', async (name, answer, version) => {
  const server = createServer((socket) => socket.end(Buffer.from(answer, 'latin1')))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  const { port } = server.address() as AddressInfo
  expect(await greet(systems[name], { host: '127.0.0.1', port, timeoutMs: 5_000 })).toBe(version)
})

test('a server that hangs up without a word does not count', async () => {
  const port = await answering('')
  await expect(greet(systems.redis, { host: '127.0.0.1', port, timeoutMs: 5_000 })).rejects.toThrow('closed')
})

test('compose.yaml offers what the systems say', () => {
  expect(readFileSync(new URL('../../../compose.yaml', import.meta.url), 'utf8')).toBe(composeFile())
})
