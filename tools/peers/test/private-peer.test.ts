import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from '@jest/globals'
import { describeWithPeer, type PrivatePeer } from '../src/index.ts'
import { createInstanceFolder } from '../src/instance-folder.ts'
import { exists, isRunning, redisCommands, until } from './support.ts'

/** Processes that a failed test would leave behind. */
const started: number[] = []
afterEach(() => {
  for (const processId of started.splice(0)) if (exists(processId)) process.kill(processId, 'SIGKILL')
})

await describeWithPeer('redis', {}, (peer) => {
  test('answers on a port of its own, with its own password', async () => {
    const { url, version, source } = peer()
    expect(new URL(url).port).not.toBe('6379')
    expect(version).toMatch(/^\d+\.\d+/)
    expect(source).toBe('private')
    expect(await redisCommands(url, ['SET a 1', 'GET a', 'CONFIG GET bind'])).toMatch(
      /\+OK\r\n\+OK\r\n\$1\r\n1\r\n.*127\.0\.0\.1/s,
    )
  })

  test('a second one shares nothing with it', async () => {
    const { startPrivatePeer } = await import('../src/private-peer.ts')
    const other = await startPrivatePeer('redis', { tls: false })
    try {
      await redisCommands(peer().url, ['SET only-here 1'])
      expect(await redisCommands(other.url, ['GET only-here'])).toContain('$-1')
    } finally {
      await other.stop()
    }
    expect(await isRunning(other.processId)).toBe(false)
    expect(existsSync(other.folder)).toBe(false)
  })
})

await describeWithPeer('redis', { tls: true }, (peer) => {
  test('its certificate is for 127.0.0.1, from an authority that nobody else trusts', async () => {
    const { url, ca } = peer()
    expect(new URL(url).protocol).toBe('rediss:')
    expect(await redisCommands(url, ['PING'], ca)).toContain('+PONG')
    await expect(redisCommands(url, ['PING'])).rejects.toMatchObject({
      code: expect.stringMatching(
        /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/,
      ),
    })
  })
})

await describeWithPeer('postgresql', { tls: true }, (peer) => {
  test('is told apart from strangers by a password, and has its version', () => {
    const { url, version, ca } = peer()
    expect(new URL(url).password).toMatch(/^[0-9a-f]{24}$/)
    expect(version).toMatch(/^\d+\.\d+$/)
    expect(ca).toContain('BEGIN CERTIFICATE')
  })

  test('a redis and a postgresql are gone after kill -9 of whoever started them', async () => {
    const { child, peers } = await holder('redis', 'postgresql')
    expect(await Promise.all(peers.map(({ processId }) => isRunning(processId)))).toEqual([true, true])
    child.kill('SIGKILL')
    for (const { processId, supervisorId, folder } of peers) {
      await until(async () => !(await isRunning(processId)) && !(await isRunning(supervisorId)))
      expect(existsSync(folder)).toBe(false)
    }
  })

  test('the servers are gone after kill -9 of their supervisors too', async () => {
    const { child, peers } = await holder('redis', 'postgresql')
    for (const { supervisorId } of peers) process.kill(supervisorId, 'SIGKILL')
    for (const { processId, supervisorId } of peers) {
      await until(async () => !(await isRunning(processId)) && !exists(supervisorId))
    }
    child.kill('SIGKILL')
    // Nobody was left to remove the folders: the next instance does.
    createInstanceFolder('sweeper').remove()
    expect(peers.map(({ folder }) => existsSync(folder))).toEqual([false, false])
  })
})

test('folders of living supervisors, and folders without one, are left alone', () => {
  const living = createInstanceFolder('living')
  const foreign = mkdtempSync(join(tmpdir(), 'casare-peer-foreign-'))
  mkdirSync(join(foreign, 'site'))
  const dead = mkdtempSync(join(tmpdir(), 'casare-peer-dead-'))
  writeFileSync(join(dead, 'supervisor.pid'), '2147483646')
  createInstanceFolder('next').remove()
  expect([living.path, foreign, dead].map((path) => existsSync(path))).toEqual([true, true, false])
  writeFileSync(join(foreign, 'supervisor.pid'), '2147483646')
  living.remove()
  createInstanceFolder('next').remove()
  expect([living.path, foreign].map((path) => existsSync(path))).toEqual([false, false])
})

/** Starts peers in a process of their own. */
async function holder(...names: string[]) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./hold-peers.ts', import.meta.url)), ...names], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const peers = JSON.parse(line.toString()) as PrivatePeer[]
  started.push(...peers.flatMap(({ supervisorId, processId }) => [supervisorId, processId]))
  if (child.pid !== undefined) started.push(child.pid)
  return { child, peers }
}
