import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { faultProxy } from '@casare/testing'
import { lambda } from '../src/index.ts'
import { at, startWorld, type World } from './support.ts'

let world: World
let compute: ReturnType<typeof lambda>
const connected = (target: object): ReturnType<typeof lambda> => lambda(target)

beforeEach(async () => {
  world = await startWorld()
  compute = connected(world.config)
})
afterEach(async () => {
  await compute.close()
  await world.close?.()
})

const open = async (name: string, options: object = {}): Promise<AsyncIterable<Uint8Array>> => {
  const { body } = await compute.invokeStreaming({ function: name, ...options })
  if (body instanceof Uint8Array) throw new Error('no stream')
  return body
}
const textOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

test('pieces are there before the function is done', async () => {
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  world.lambda.put('slow', async function* () {
    yield 'first '
    await seen
    yield 'second'
  })
  let text = ''
  for await (const chunk of await open('slow')) {
    text += Buffer.from(chunk).toString()
    resolve()
  }
  expect(text).toBe('first second')
})

test('many megabytes in pieces, and a function that does not stream', async () => {
  world.lambda.put('large', async function* () {
    for (let count = 0; count < 160; count += 1) yield Buffer.alloc(65_536, count)
  })
  let length = 0
  for await (const chunk of await open('large')) length += chunk.byteLength
  expect(length).toBe(160 * 65_536)
  expect(await textOf(await open('echo', { payload: { item: 7 } }))).toBe('{"item":7}')
})

test('a function that fails on the way ends the answer with its own stack in the cause', async () => {
  world.lambda.put('broken', async function* () {
    yield 'one'
    throw new RangeError('too far')
  })
  const body = await open('broken')
  await expect(textOf(body)).rejects.toMatchObject({
    code: 'internal',
    applied: 'yes',
    vendorCode: 'RangeError',
    message: expect.stringContaining('too far'),
    cause: { name: 'RangeError', stack: expect.stringContaining('streaming.test.ts') },
  })
  expect(world.lambda.invocations).toHaveLength(1)
})

test('an answer longer than wanted is cut, and its connection with it', async () => {
  let ended = false
  world.lambda.put('endless', async function* () {
    try {
      for (;;) {
        yield Buffer.alloc(65_536)
        await new Promise((next) => setTimeout(next, 1))
      }
    } finally {
      ended = true
    }
  })
  await expect(textOf(await open('endless', { maxBytes: 100_000 }))).rejects.toMatchObject({
    code: 'invalid_input',
    applied: 'yes',
  })
  for (let round = 0; !ended && round < 100; round += 1) await new Promise((next) => setTimeout(next, 20))
  expect(ended).toBe(true)
})

test('a connection that breaks in the middle is told, and the function is not run again', async () => {
  const proxy = await faultProxy({ host: '127.0.0.1', port: world.lambda.port })
  await compute.close()
  compute = connected(at(world, { host: proxy.host, port: proxy.port, secure: false }))
  const never = Promise.withResolvers<void>()
  world.lambda.put('cut', async function* () {
    yield 'one'
    await never.promise
  })
  const chunks: string[] = []
  const read = async (): Promise<void> => {
    for await (const chunk of await open('cut')) {
      chunks.push(Buffer.from(chunk).toString())
      proxy.resetConnections()
    }
  }
  await expect(read()).rejects.toMatchObject({ code: 'unavailable', applied: 'maybe' })
  expect(chunks).toEqual(['one'])
  expect(world.lambda.invocations).toHaveLength(1)
  never.resolve()
  await proxy.close()
})

test('an abort ends the answer', async () => {
  const never = Promise.withResolvers<void>()
  world.lambda.put('waits', async function* () {
    yield 'one'
    await never.promise
  })
  const controller = new AbortController()
  const { body } = await compute.invokeStreaming({ function: 'waits' }, { signal: controller.signal })
  const read = async (): Promise<void> => {
    for await (const chunk of body as AsyncIterable<Uint8Array>) if (chunk.byteLength > 0) controller.abort()
  }
  await expect(read()).rejects.toMatchObject({ name: 'ConnectorError' })
  never.resolve()
})
