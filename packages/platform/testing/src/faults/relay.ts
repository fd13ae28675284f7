import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Direction, Fault, FaultStrike, HttpStormFault } from './fault.ts'

/** What a relay asks of the proxy it belongs to. */
export interface RelayHost {
  /** The fault whose turn it is. */
  readonly current: Fault | undefined
  random(): number
  struck(strike: FaultStrike): void
  passed(direction: Direction, bytes: number): void
}

/** One connection through the proxy: bytes both ways, bent by the fault whose turn it is. */
export class Relay {
  readonly #host: RelayHost
  readonly #number: number
  readonly #client: Socket
  readonly #server: Socket
  readonly #bytes = { request: 0, response: 0 }
  readonly #ending = new AbortController()
  #head = ''
  #answeredHere = false
  #idle: NodeJS.Timeout | undefined

  constructor(host: RelayHost, number: number, client: Socket, server: Socket) {
    this.#host = host
    this.#number = number
    this.#client = client
    this.#server = server
    client.setNoDelay(true)
    server.setNoDelay(true)
    this.#pump('request', client, server)
    this.#pump('response', server, client)
    this.watchIdle()
  }

  /** Counts from here on, for a fault that has just been armed. */
  restartCount(): void {
    this.#bytes.request = 0
    this.#bytes.response = 0
    this.watchIdle()
  }

  /** Ends both sides at once with a TCP reset. */
  reset(): void {
    if (this.#ending.signal.aborted) return
    this.#ending.abort()
    clearTimeout(this.#idle)
    for (const socket of [this.#client, this.#server]) {
      // One that is still connecting has nothing to reset.
      if (socket.connecting) socket.destroy()
      else if (!socket.destroyed) socket.resetAndDestroy()
    }
  }

  /** Starts the clock of `idle-close`, where that is the fault. */
  watchIdle(): void {
    clearTimeout(this.#idle)
    const fault = this.#host.current
    if (fault?.kind !== 'idle-close') return
    this.#idle = setTimeout(() => {
      this.#strike(fault)
      this.#client.end()
      this.#server.end()
    }, fault.afterMs)
  }

  #pump(direction: Direction, from: Socket, to: Socket): void {
    let queue = Promise.resolve()
    from.on('data', (chunk: Buffer) => {
      from.pause()
      queue = queue
        .then(() => this.#forward(direction, chunk, to))
        .then(() => void from.resume())
        .catch(() => this.reset())
    })
    from.on('end', () => void (queue = queue.then(() => void to.end())))
    // The other side learns of a broken connection in the same way.
    from.on('error', () => this.reset())
    from.on('close', () => {
      clearTimeout(this.#idle)
      if (!to.destroyed && !to.writableEnded) void queue.then(() => to.destroySoon())
    })
  }

  async #forward(direction: Direction, chunk: Buffer, to: Socket): Promise<void> {
    const fault = this.#host.current
    if (this.#answeredHere) return
    this.watchIdle()
    switch (fault?.kind) {
      case 'reset':
        if (fault.direction === direction) return this.#resetAfter(fault.afterBytes, fault, direction, chunk, to)
        break
      case 'cut':
        if (direction === 'response') return this.#resetAfter(0, fault, direction, chunk, to)
        break
      case 'half-open':
        if ((fault.direction ?? 'response') === direction) {
          const left = Math.max(0, (fault.afterBytes ?? 0) - this.#bytes[direction])
          if (left < chunk.length) this.#strike(fault)
          return this.#write(direction, chunk.subarray(0, left), to)
        }
        break
      case 'latency':
        if ((fault.direction ?? direction) === direction)
          await this.#wait(fault.delayMs + this.#host.random() * (fault.jitterMs ?? 0))
        break
      case 'bandwidth':
        return this.#pieces(direction, chunk, to, Math.max(1, Math.ceil(fault.bytesPerSecond / 50)), 20)
      case 'drip':
        if (direction === 'response') return this.#pieces(direction, chunk, to, fault.bytes ?? 1, fault.everyMs)
        break
      case 'corrupt':
        if ((fault.direction ?? 'response') === direction) {
          this.#strike(fault)
          return this.#write(direction, this.#corrupted(chunk, fault.share ?? 0.1), to)
        }
        break
      case 'http-storm':
        if (direction === 'request') return this.#answer(fault, chunk)
        break
      default:
    }
    await this.#write(direction, chunk, to)
  }

  async #resetAfter(afterBytes: number, fault: Fault, direction: Direction, chunk: Buffer, to: Socket): Promise<void> {
    const left = afterBytes - this.#bytes[direction]
    // At exactly that many bytes, too: what was to pass has passed.
    if (chunk.length < left) return this.#write(direction, chunk, to)
    await this.#write(direction, chunk.subarray(0, Math.max(0, left)), to)
    this.#strike(fault)
    // What is on its way is read before the reset overtakes it.
    if (left > 0) await this.#wait(5)
    this.reset()
  }

  async #pieces(direction: Direction, chunk: Buffer, to: Socket, bytes: number, everyMs: number): Promise<void> {
    for (let from = 0; from < chunk.length && !to.destroyed; from += bytes) {
      await this.#write(direction, chunk.subarray(from, from + bytes), to)
      await this.#wait(everyMs)
    }
  }

  #corrupted(chunk: Buffer, share: number): Buffer {
    const copy = Buffer.from(chunk)
    for (let index = 0; index < copy.length; index += 1)
      if (this.#host.random() < share) copy[index] = (copy[index] ?? 0) ^ (1 + Math.floor(this.#host.random() * 255))
    return copy
  }

  /** Reads the head of a request and answers in place of the server; what follows is thrown away. */
  #answer(fault: HttpStormFault, chunk: Buffer): void {
    this.#head += chunk.toString('latin1')
    if (!this.#head.includes('\r\n\r\n')) return
    this.#answeredHere = true
    this.#strike(fault)
    const retryAfter = fault.retryAfterSeconds === undefined ? '' : `retry-after: ${fault.retryAfterSeconds}\r\n`
    const reason = fault.status === 429 ? 'Too Many Requests' : 'Service Unavailable'
    this.#client.end(
      `HTTP/1.1 ${fault.status} ${reason}\r\n${retryAfter}content-length: 0\r\nconnection: close\r\n\r\n`,
    )
    this.#server.end()
  }

  async #write(direction: Direction, data: Buffer, to: Socket): Promise<void> {
    if (data.length === 0 || to.destroyed || to.writableEnded) return
    this.#bytes[direction] += data.length
    this.#host.passed(direction, data.length)
    if (to.write(data)) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        to.off('drain', done)
        to.off('close', done)
        resolve()
      }
      to.on('drain', done)
      to.on('close', done)
    })
  }

  async #wait(delayMs: number): Promise<void> {
    await pause(delayMs, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }

  #strike(fault: Fault): void {
    this.#host.struck({
      kind: fault.kind,
      connection: this.#number,
      requestBytes: this.#bytes.request,
      responseBytes: this.#bytes.response,
    })
  }
}
