import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { randomBytes } from 'node:crypto'
import { afterAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { memorySamlCache, type SamlCache } from '../src/index.ts'

/** What every cache must do, whatever stands behind it. */
async function keepsTheContract(first: SamlCache, second: SamlCache): Promise<void> {
  const name = (): string => `saml:test:${randomBytes(8).toString('hex')}`
  const key = name()
  expect(await first.take(key)).toBeUndefined()
  expect(await first.put(key, 'é "1"', 60_000)).toBe(true)
  expect(await second.put(key, '2', 60_000)).toBe(false)
  expect(await second.take(key)).toBe('é "1"')
  expect(await first.take(key)).toBeUndefined()
  expect(await second.put(key, '3', 60_000)).toBe(true)
  const brief = name()
  await first.put(brief, '1', 1)
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(await second.take(brief)).toBeUndefined()
  expect(await second.put(brief, '2', 60_000)).toBe(true)
  const wanted = name()
  const put = await Promise.all(
    Array.from({ length: 20 }, (_, at) => (at % 2 ? first : second).put(wanted, 'x', 60_000)),
  )
  expect(put.filter(Boolean)).toHaveLength(1)
  const taken = await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 ? first : second).take(wanted)))
  expect(taken.filter((one) => one !== undefined)).toEqual(['x'])
}

test('in memory', async () => {
  const cache = memorySamlCache()
  await keepsTheContract(cache, cache)
})

test('a full cache forgets nothing that counts', async () => {
  let time = 0
  const cache = memorySamlCache({ maxEntries: 2, now: () => time })
  await cache.put('a', '1', 100)
  await cache.put('b', '2', 200)
  await expect(cache.put('c', '3', 100)).rejects.toMatchObject({ code: 'unavailable' })
  expect(await cache.put('a', 'again', 100)).toBe(false)
  time = 150
  expect(await cache.put('c', '3', 100)).toBe(true)
  expect(await cache.take('b')).toBe('2')
})

/** The two commands that the interface's documentation names, over a connection of their own (https://redis.io/docs/latest/develop/reference/protocol-spec/). */
async function redisCache(url: string): Promise<SamlCache & { close(): void }> {
  const { hostname, port, username, password } = new URL(url)
  const socket: Socket = connect({ host: hostname, port: Number(port) })
  await once(socket, 'connect')
  const waiting: ((answer: string | undefined) => void)[] = []
  let received = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes])
    for (;;) {
      const end = received.indexOf('\r\n')
      if (end === -1) return
      const line = received.toString('utf8', 0, end)
      const length = line.startsWith('$') ? Number(line.slice(1)) : -1
      const after = end + 2 + (length >= 0 ? length + 2 : 0)
      if (received.length < after) return
      const answer =
        length >= 0 ? received.toString('utf8', end + 2, after - 2) : line.startsWith('$') ? undefined : line
      received = received.subarray(after)
      waiting.shift()?.(answer)
    }
  })
  const send = async (...parts: readonly string[]): Promise<string | undefined> => {
    const answer = new Promise<string | undefined>((resolve) => waiting.push(resolve))
    socket.write(`*${parts.length}\r\n${parts.map((one) => `$${Buffer.byteLength(one)}\r\n${one}\r\n`).join('')}`)
    return answer
  }
  if (password !== '') await send('AUTH', username === '' ? 'default' : username, decodeURIComponent(password))
  return {
    put: async (key, value, ttlMs) => (await send('SET', key, value, 'NX', 'PX', String(ttlMs))) === '+OK',
    take: (key) => send('GETDEL', key),
    close: () => socket.destroy(),
  }
}

await describeWithPeer('redis', {}, (peer) => {
  const open: { close(): void }[] = []
  afterAll(() => open.forEach((one) => one.close()))

  test('Redis, with the commands that the documentation names', async () => {
    const [first, second] = [await redisCache(peer().url), await redisCache(peer().url)]
    open.push(first, second)
    await keepsTheContract(first, second)
  })
})
