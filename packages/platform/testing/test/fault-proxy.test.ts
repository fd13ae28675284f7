import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect, createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { faultProxy, type Address, type Fault, type FaultProxy } from '../src/index.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function listening(server: Server): Promise<Address> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    if ('closeAllConnections' in server) (server as unknown as { closeAllConnections(): void }).closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

/** Sends back what it gets, and counts it. */
async function echo(): Promise<{ address: Address; received: () => number }> {
  let received = 0
  const address = await listening(
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => {
        received += chunk.length
        socket.write(chunk)
      })
      socket.on('end', () => socket.end())
    }),
  )
  return { address, received: () => received }
}

async function proxyTo(address: Address, seed?: number): Promise<FaultProxy> {
  const proxy = await faultProxy(address, seed === undefined ? {} : { seed })
  closers.push(() => proxy.close())
  return proxy
}

/** Sends text and tells what came back until the connection ended, or until `enough` bytes were there. */
async function exchange(
  address: Address,
  text: string | Buffer,
  enough = Infinity,
): Promise<{ back: Buffer; error: string }> {
  const socket: Socket = connect({ host: address.host, port: address.port })
  const pieces: Buffer[] = []
  let error = ''
  const over = new Promise<void>((resolve) => {
    socket.on('data', (piece: Buffer) => {
      pieces.push(piece)
      if (Buffer.concat(pieces).length >= enough) resolve()
    })
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      error = failure.code ?? failure.message
    })
    socket.on('close', () => resolve())
  })
  socket.write(text)
  await over
  socket.destroy()
  return { back: Buffer.concat(pieces), error }
}

describe('TCP', () => {
  test('without a fault everything passes, ends included', async () => {
    const { address } = await echo()
    const proxy = await proxyTo(address)
    const big = Buffer.alloc(1_000_000, 'x')
    expect((await exchange(proxy, big, big.length)).back.equals(big)).toBe(true)
    expect(proxy.stats).toMatchObject({ connections: 1, requestBytes: big.length, responseBytes: big.length })
  })

  test('refuse', async () => {
    const { address, received } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'refuse' })
    expect((await exchange(proxy, 'hello', 5)).error).toBe('ECONNREFUSED')
    expect(received()).toBe(0)
    await proxy.heal()
    expect((await exchange(proxy, 'hello', 5)).back.toString()).toBe('hello')
  })

  test.each([0, 1, 4, 9])('reset after %i bytes of the request: the server gets exactly these', async (afterBytes) => {
    const { address, received } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'reset', direction: 'request', afterBytes })
    expect((await exchange(proxy, 'ten bytes!')).error).toBe('ECONNRESET')
    expect(proxy.stats.requestBytes).toBe(afterBytes)
    expect(received()).toBe(afterBytes)
    expect((await exchange(proxy, 'again', 5)).back.toString()).toBe('again')
  })

  test.each([0, 1, 9])('reset after %i bytes of the answer: the client gets exactly these', async (afterBytes) => {
    const { address, received } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'reset', direction: 'response', afterBytes })
    const { back, error } = await exchange(proxy, 'ten bytes!')
    expect(back.toString()).toBe('ten bytes!'.slice(0, afterBytes))
    expect(error).toBe('ECONNRESET')
    expect(received()).toBe(10)
  })

  test('cut: the server has answered, the client sees nothing of it', async () => {
    const { address, received } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'cut' })
    const { back, error } = await exchange(proxy, 'commit')
    expect({ back: back.length, error, received: received() }).toEqual({ back: 0, error: 'ECONNRESET', received: 6 })
  })

  test('half-open: what is sent disappears, the connection stands', async () => {
    const { address, received } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'half-open', afterBytes: 2 })
    const { back } = await exchange(proxy, 'hello', 2)
    expect({ back: back.toString(), received: received() }).toEqual({ back: 'he', received: 5 })
    expect(proxy.strikes).toMatchObject([{ kind: 'half-open', connection: 1 }])
  })

  test.each<Fault>([
    { kind: 'latency', delayMs: 5, jitterMs: 5 },
    { kind: 'bandwidth', bytesPerSecond: 1_000 },
    { kind: 'drip', bytes: 3, everyMs: 1 },
  ])('$kind changes when, not what', async (fault) => {
    const { address } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm(fault)
    expect((await exchange(proxy, 'slow but sure', 13)).back.toString()).toBe('slow but sure')
  })

  test('corrupt flips the same bits for the same seed', async () => {
    const { address } = await echo()
    const results = []
    for (const seed of [7, 7, 8]) {
      const proxy = await proxyTo(address, seed)
      await proxy.arm({ kind: 'corrupt', share: 0.3 })
      results.push((await exchange(proxy, 'a text of which some bytes go bad', 33)).back.toString('hex'))
    }
    expect(results[0]).toBe(results[1])
    expect(results[0]).not.toBe(results[2])
    expect(results[0]).not.toBe(Buffer.from('a text of which some bytes go bad').toString('hex'))
  })

  test('closes on idle', async () => {
    const { address } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'idle-close', afterMs: 20 })
    const { back, error } = await exchange(proxy, 'once')
    expect({ back: back.toString(), error }).toEqual({ back: 'once', error: '' })
  })

  test('a script has its turn fault by fault', async () => {
    const { address } = await echo()
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'cut', times: 2 }, { kind: 'reset', direction: 'request', afterBytes: 1 })
    for (let count = 0; count < 3; count += 1) await exchange(proxy, 'try')
    expect((await exchange(proxy, 'try', 3)).back.toString()).toBe('try')
    expect(proxy.strikes.map(({ kind }) => kind)).toEqual(['cut', 'cut', 'reset'])
  })

  test('close leaves nothing standing', async () => {
    const { address } = await echo()
    const proxy = await proxyTo(address)
    const hanging = exchange(proxy, 'x', 2)
    while (proxy.stats.open === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await proxy.close()
    await proxy.close()
    expect((await hanging).error).toBe('ECONNRESET')
  })
})

describe('HTTP', () => {
  async function post(address: Address): Promise<{ status: number | undefined; retryAfter: string | undefined }> {
    const sent = request({ host: address.host, port: address.port, method: 'POST', agent: false })
    sent.end('x'.repeat(100))
    const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    answer.resume()
    await once(answer, 'end')
    return { status: answer.statusCode, retryAfter: answer.headers['retry-after'] }
  }

  test('a storm answers for the server, then lets it speak again', async () => {
    let served = 0
    const address = await listening(
      createServer((incoming, outgoing) => {
        served += 1
        incoming.resume()
        outgoing.end('ok')
      }),
    )
    const proxy = await proxyTo(address)
    await proxy.arm(
      { kind: 'http-storm', status: 429, retryAfterSeconds: 3, times: 1 },
      { kind: 'http-storm', status: 503, times: 2 },
    )
    expect(await post(proxy)).toEqual({ status: 429, retryAfter: '3' })
    expect((await post(proxy)).status).toBe(503)
    expect((await post(proxy)).status).toBe(503)
    expect(served).toBe(0)
    expect((await post(proxy)).status).toBe(200)
    expect(served).toBe(1)
  })

  test('a cut answer after the server has committed', async () => {
    let served = 0
    const address = await listening(
      createServer((incoming, outgoing) => {
        served += 1
        incoming.resume()
        outgoing.end('ok')
      }),
    )
    const proxy = await proxyTo(address)
    await proxy.arm({ kind: 'cut' })
    await expect(post(proxy)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(served).toBe(1)
  })
})
