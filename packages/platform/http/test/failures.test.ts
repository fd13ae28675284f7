import { afterEach, describe, expect, test } from '@jest/globals'
import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { clientFor, closeAll, contextWith, failureOf, serve, serveRaw } from './support/servers.ts'

afterEach(closeAll)

const facts = ({ code, applied, transient }: { code: string; applied: string; transient: boolean }) => [
  code,
  applied,
  transient,
]

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5)
}

describe('a connection that fails', () => {
  test('refused: nothing happened', async () => {
    const origin = await serveRaw(() => undefined)
    await closeAll()
    const error = await failureOf(clientFor(origin).request({ path: '/', expect: 'none' }, contextWith()))
    expect([...facts(error), error.vendorCode]).toEqual(['unavailable', 'no', true, 'ECONNREFUSED'])
  })

  test('an unknown host: nothing happened', async () => {
    const client = clientFor('https://nowhere.invalid')
    const error = await failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))
    expect([error.code, error.applied]).toEqual(['unavailable', 'no'])
  })

  test.each([
    ['before an answer', ''],
    ['in the header', 'HTTP/1.1 200 OK\r\nx-a: 1\r\nx-b'],
    ['in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabc'],
  ])('reset %s: may have happened', async (_when, answer) => {
    const origin = await serveRaw((socket) =>
      socket.write(answer, () => setTimeout(() => socket.resetAndDestroy(), 10)),
    )
    const request = { method: 'POST', path: '/', json: {}, expect: 'json' } as const
    const error = await failureOf(clientFor(origin).request(request, contextWith({ effect: 'idempotent' })))
    expect(facts(error)).toEqual(['unavailable', 'maybe', true])
  })

  test.each([
    ['closed before an answer', ''],
    ['closed in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'],
  ])('%s: the same', async (_when, answer) => {
    const origin = await serveRaw((socket) => socket.end(answer))
    const error = await failureOf(
      clientFor(origin).request({ path: '/', expect: 'json' }, contextWith({ effect: 'read' })),
    )
    expect(facts(error)).toEqual(['unavailable', 'maybe', true])
  })

  test('after a 2xx an unsafe effect has happened, though its answer is lost', async () => {
    const answer = 'HTTP/1.1 201 Created\r\ncontent-length: 10\r\n\r\nhalf'
    const origin = await serveRaw((socket) =>
      socket.write(answer, () => setTimeout(() => socket.resetAndDestroy(), 10)),
    )
    const error = await failureOf(
      clientFor(origin).request({ method: 'POST', path: '/', expect: 'json' }, contextWith()),
    )
    expect([error.code, error.applied, error.status]).toEqual(['unavailable', 'yes', 201])
  })

  test('an answer that is not HTTP', async () => {
    const origin = await serveRaw((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    const error = await failureOf(clientFor(origin).request({ path: '/', expect: 'none' }, contextWith()))
    expect(facts(error)).toEqual(['internal', 'maybe', false])
  })

  test('a stream whose end is cut off throws in the loop', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'
    const origin = await serveRaw((socket) => socket.write(head, () => setTimeout(() => socket.resetAndDestroy(), 20)))
    const { body } = await clientFor(origin).request({ path: '/', expect: 'stream' }, contextWith({ effect: 'read' }))
    const received: Uint8Array[] = []
    const error = await failureOf(
      (async () => {
        for await (const chunk of body) received.push(chunk)
      })(),
    )
    expect([Buffer.concat(received).toString(), ...facts(error)]).toEqual(['half', 'unavailable', 'maybe', true])
  })
})

describe('clocks', () => {
  const timeouts = { connectMs: 300, readMs: 300, writeMs: 300 }

  test('half-open: no answer within readMs', async () => {
    const client = clientFor(await serveRaw(() => undefined), { timeouts })
    const error = await failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))
    expect([...facts(error), error.message.includes('readMs')]).toEqual(['timeout', 'maybe', true, true])
  })

  test('a body that stalls', async () => {
    const origin = await serveRaw((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'))
    const error = await failureOf(
      clientFor(origin, { timeouts }).request({ path: '/', expect: 'text' }, contextWith({ effect: 'read' })),
    )
    expect(facts(error)).toEqual(['timeout', 'maybe', true])
  })

  test('a slow drip is not a stall, and the signal ends it', async () => {
    const origin = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const timer = setInterval(() => socket.write('1\r\nx\r\n'), 50)
      socket.on('close', () => clearInterval(timer))
    })
    const error = await failureOf(
      clientFor(origin, { timeouts }).request(
        { path: '/', expect: 'text' },
        contextWith({ signal: AbortSignal.timeout(900) }),
      ),
    )
    expect([error.code, error.message.includes('time allowed')]).toEqual(['timeout', true])
  })

  test('a peer that takes no more of the body within writeMs', async () => {
    const origin = await serveRaw((socket) => socket.pause())
    const client = clientFor(origin, { timeouts: { ...timeouts, readMs: 30_000 } })
    const request = { method: 'PUT', path: '/', body: Buffer.alloc(32 * 1024 * 1024), expect: 'none' } as const
    const error = await failureOf(client.request(request, contextWith()))
    expect([...facts(error), error.message.includes('writeMs')]).toEqual(['timeout', 'maybe', true, true])
  })

  test('a source that is slow to deliver is no time-out', async () => {
    const origin = await serve((request, response) => void request.resume().on('end', () => response.end('ok')))
    async function* slow() {
      yield Buffer.from('a')
      await sleep(1_200)
      yield Buffer.from('b')
    }
    const client = clientFor(origin, { timeouts })
    expect((await client.request({ method: 'PUT', path: '/', body: slow, expect: 'text' }, contextWith())).body).toBe(
      'ok',
    )
  })

  test('no answer after a streamed body', async () => {
    const origin = await serve((request) => void request.resume())
    async function* body() {
      yield Buffer.from('a')
    }
    const error = await failureOf(
      clientFor(origin, { timeouts }).request({ method: 'PUT', path: '/', body, expect: 'none' }, contextWith()),
    )
    expect([error.code, error.message.includes('readMs')]).toEqual(['timeout', true])
  })

  test('no free connection within acquireMs: nothing happened', async () => {
    const origin = await serveRaw(() => undefined)
    const client = clientFor(origin, { pool: { max: 1, acquireMs: 100 } })
    const first = failureOf(
      client.request({ path: '/', expect: 'none' }, contextWith({ signal: AbortSignal.timeout(2_000) })),
    )
    const error = await failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))
    expect([...facts(error), error.message.includes('acquireMs')]).toEqual(['unavailable', 'no', true, true])
    await client.close()
    expect(['cancelled', 'timeout']).toContain((await first).code)
  })
})

describe('abort', () => {
  test.each(['before', 'during', 'in the body'])('%s', async (moment) => {
    let arrived = 0
    const origin = await serve((_request, response) => {
      arrived += 1
      if (moment === 'in the body') response.write('begin')
    })
    const controller = new AbortController()
    const { signal } = controller
    if (moment === 'before') controller.abort()
    const failure = failureOf(clientFor(origin).request({ path: '/', expect: 'text' }, contextWith({ signal })))
    if (moment !== 'before') {
      await until(() => arrived > 0)
      controller.abort()
    }
    const error = await failure
    expect(error.code).toBe('cancelled')
    if (moment === 'before') expect([error.applied, arrived]).toEqual(['no', 0])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('while waiting for a connection: nothing was sent', async () => {
    let arrived = 0
    const origin = await serveRaw(() => void (arrived += 1))
    const client = clientFor(origin, { pool: { max: 1 } })
    const first = failureOf(client.request({ path: '/first', expect: 'none' }, contextWith()))
    await until(() => arrived === 1)
    const controller = new AbortController()
    const waiting = failureOf(
      client.request({ path: '/second', expect: 'none' }, contextWith({ signal: controller.signal })),
    )
    await sleep(20)
    controller.abort()
    expect([(await waiting).code, (await waiting).applied, arrived]).toEqual(['cancelled', 'no', 1])
    await client.close()
    await first
  })

  test('of a stream ends the loop and the connection', async () => {
    let closed = false
    const origin = await serve((request, response) => {
      response.write('begin')
      request.socket.on('close', () => (closed = true))
    })
    const controller = new AbortController()
    const { body } = await clientFor(origin).request(
      { path: '/', expect: 'stream' },
      contextWith({ signal: controller.signal }),
    )
    const error = await failureOf(
      (async () => {
        for await (const chunk of body) if (chunk.byteLength > 0) controller.abort()
      })(),
    )
    expect(error.code).toBe('cancelled')
    await until(() => closed)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })

  test('success leaves no listener on the signal', async () => {
    const { signal } = new AbortController()
    const client = clientFor(await serve((_request, response) => response.end('{}')))
    await client.request({ path: '/', expect: 'json' }, contextWith({ signal }))
    const { body } = await client.request({ path: '/', expect: 'stream' }, contextWith({ signal }))
    for await (const _chunk of body);
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('limits', () => {
  /** As many bytes as anybody takes; tells how many that were. */
  async function endless(headers: Record<string, string>) {
    const state = { sent: 0, closed: false }
    const chunk = Buffer.alloc(65_536, 'x')
    const origin = await serve((_request, response) => {
      response.writeHead(200, headers)
      const more = (): void => {
        for (let room = true; room && !state.closed; state.sent += chunk.byteLength) room = response.write(chunk)
      }
      response.on('drain', more).on('close', () => (state.closed = true))
      more()
    })
    return { origin, state }
  }

  test.each([{}, { 'content-length': String(10 * 1024 ** 3) }])('a body of 10 GiB is cut (%j)', async (headers) => {
    const { origin, state } = await endless(headers)
    const client = clientFor(origin, { limits: { maxBodyBytes: 1_000_000 } })
    const error = await failureOf(client.request({ path: '/', expect: 'bytes' }, contextWith({ effect: 'read' })))
    expect([error.code, error.transient, error.message.includes('1000000')]).toEqual(['internal', false, true])
    await until(() => state.closed)
    expect(state.sent).toBeLessThan(50_000_000)
  })

  test('a stream has back-pressure, and leaving the loop ends the connection', async () => {
    const { origin, state } = await endless({})
    const { body } = await clientFor(origin).request({ path: '/', expect: 'stream' }, contextWith())
    for await (const chunk of body) {
      expect(chunk.byteLength).toBeGreaterThan(0)
      // While nobody reads on, the peer can fill the buffers between us, and no more.
      let before = -1
      for (let round = 0; before !== state.sent && round < 50; round += 1) {
        before = state.sent
        await sleep(100)
      }
      expect(state.sent).toBe(before)
      break
    }
    await until(() => state.closed)
  })

  test('a stream that nobody reads or holds is destroyed', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { origin, state } = await endless({})
    const client = clientFor(origin)
    await client.request({ path: '/', expect: 'stream' }, contextWith())
    for (let round = 0; round < 200 && !state.closed; round += 1) {
      collect()
      await sleep(10)
    }
    expect(state.closed).toBe(true)
  })

  test('a stream may have a limit of its own', async () => {
    const { origin } = await endless({})
    const { body } = await clientFor(origin).request({ path: '/', expect: 'stream', maxBytes: 200_000 }, contextWith())
    let received = 0
    const error = await failureOf(
      (async () => {
        for await (const chunk of body) received += chunk.byteLength
      })(),
    )
    expect([error.message.includes('200000'), received <= 200_000]).toEqual([true, true])
  })

  test('a decompression bomb is cut', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000))
    const origin = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(bomb)
    })
    const client = clientFor(origin, { limits: { maxBodyBytes: 1_000_000 } })
    expect(bomb.byteLength).toBeLessThan(1_000_000)
    const error = await failureOf(client.request({ path: '/', expect: 'bytes' }, contextWith()))
    expect([error.code, error.message.includes('1000000')]).toEqual(['internal', true])
    const { body } = await client.request({ path: '/', expect: 'stream', maxBytes: 1_000_000 }, contextWith())
    const cut = await failureOf(
      (async () => {
        for await (const _chunk of body);
      })(),
    )
    expect(cut.message).toContain('1000000')
  })

  test('compressed data that ends too early or is none', async () => {
    const whole = gzipSync('x'.repeat(100_000))
    const origin = await serve((request, response) => {
      response.setHeader('content-encoding', 'gzip')
      response.end(request.url === '/short' ? whole.subarray(0, 60) : 'plain text')
    })
    const client = clientFor(origin)
    const short = await failureOf(client.request({ path: '/short', expect: 'text' }, contextWith({ effect: 'read' })))
    expect(facts(short)).toEqual(['unavailable', 'maybe', true])
    const wrong = await failureOf(client.request({ path: '/wrong', expect: 'text' }, contextWith({ effect: 'read' })))
    expect(facts(wrong)).toEqual(['internal', 'maybe', false])
  })

  test('endless header fields are cut', async () => {
    const origin = await serveRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const more = (): void => {
        while (!socket.destroyed && socket.write(`x-${'a'.repeat(100)}: ${'b'.repeat(1_000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    })
    const error = await failureOf(clientFor(origin).request({ path: '/', expect: 'none' }, contextWith()))
    expect([error.code, error.message.includes('maxHeaderBytes')]).toEqual(['internal', true])
  })
})

test('close ends what runs, refuses what comes, and can be called twice', async () => {
  const origin = await serveRaw(() => undefined)
  const client = clientFor(origin)
  const running = failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))
  await sleep(50)
  await client.close()
  await client.close()
  expect((await running).code).toBe('cancelled')
  expect((await failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))).code).toBe('cancelled')
})
