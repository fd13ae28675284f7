import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Direction, Fault, FaultStrike } from './fault.ts'
import { seededRandom } from './random.ts'
import { Relay } from './relay.ts'

/** Where a server listens. */
export interface Address {
  readonly host: string
  /** 1 to 65,535. */
  readonly port: number
}

/** What has passed so far. */
export interface FaultProxyStats {
  /** Connections accepted since the start. */
  readonly connections: number
  /** Connections that stand now. */
  readonly open: number
  /** The most that stood at once. */
  readonly peakOpen: number
  readonly requestBytes: number
  readonly responseBytes: number
}

/** A proxy on loopback whose connections fail as the script says. */
export interface FaultProxy extends AsyncDisposable, Address {
  readonly stats: FaultProxyStats
  /** Every strike in order; the same for the same seed and traffic. */
  readonly strikes: readonly FaultStrike[]
  /** Replaces the script: the faults have their turn one after the other, then all is well. Bytes are counted from now on. */
  arm(...faults: readonly Fault[]): Promise<void>
  /** Takes all faults away; what stands stays. */
  heal(): Promise<void>
  /** Resets every connection that stands. */
  resetConnections(): void
  /** Ends everything. Idempotent. */
  close(): Promise<void>
}

/** Faults that last until they are taken away. */
const lasting = new Set<Fault['kind']>(['refuse', 'latency', 'bandwidth', 'half-open', 'drip', 'corrupt', 'idle-close'])

/**
 * Starts a TCP proxy on 127.0.0.1 in front of a server, with scripted faults.
 * @param options.seed decides where bits flip and how latency jitters. Default 1.
 * @example
 * const proxy = await faultProxy({ host: '127.0.0.1', port: 5432 })
 * await proxy.arm({ kind: 'cut' }, { kind: 'http-storm', status: 503, times: 2 })
 */
export async function faultProxy(target: Address, options: { readonly seed?: number } = {}): Promise<FaultProxy> {
  const proxy = new Proxy(target, options.seed ?? 1)
  await proxy.listen()
  return proxy
}

class Proxy implements FaultProxy {
  readonly host = '127.0.0.1'
  port = 0
  readonly strikes: FaultStrike[] = []
  readonly stats = { connections: 0, open: 0, peakOpen: 0, requestBytes: 0, responseBytes: 0 }
  readonly random: () => number
  readonly #target: Address
  readonly #relays = new Set<Relay>()
  #server: Server | undefined
  #script: Fault[] = []
  #struckTimes = 0
  #closed = false

  constructor(target: Address, seed: number) {
    this.#target = target
    this.random = seededRandom(seed)
  }

  get current(): Fault | undefined {
    return this.#script[0]
  }

  async listen(): Promise<void> {
    if (this.#server !== undefined || this.#closed) return
    // Half-open by right: an end on one side is handed on by the relay, after what came before it.
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client))
    this.#server = server
    server.listen(this.port, this.host)
    await once(server, 'listening')
    this.port = (server.address() as AddressInfo).port
  }

  async arm(...faults: readonly Fault[]): Promise<void> {
    this.#script = [...faults]
    this.#struckTimes = 0
    for (const relay of this.#relays) relay.restartCount()
    if (this.current?.kind === 'refuse') await this.#refuse()
    else await this.listen()
  }

  heal(): Promise<void> {
    return this.arm()
  }

  resetConnections(): void {
    for (const relay of this.#relays) relay.reset()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#refuse()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  passed(direction: Direction, bytes: number): void {
    this.stats[direction === 'request' ? 'requestBytes' : 'responseBytes'] += bytes
  }

  struck(strike: FaultStrike): void {
    this.strikes.push(strike)
    const fault = this.current
    if (fault?.kind !== strike.kind || lasting.has(fault.kind)) return
    this.#struckTimes += 1
    const times = ('times' in fault ? fault.times : undefined) ?? (fault.kind === 'http-storm' ? Infinity : 1)
    if (this.#struckTimes < times) return
    this.#script.shift()
    this.#struckTimes = 0
    if (this.current?.kind === 'refuse') void this.#refuse()
  }

  async #refuse(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const ended = server === undefined ? undefined : once(server, 'close')
    server?.close()
    this.resetConnections()
    await ended
  }

  #accept(client: Socket): void {
    const server = connect({ ...this.#target, allowHalfOpen: true })
    const { stats } = this
    stats.connections += 1
    stats.open += 1
    stats.peakOpen = Math.max(stats.peakOpen, stats.open)
    const relay = new Relay(this, stats.connections, client, server)
    this.#relays.add(relay)
    client.once('close', () => {
      stats.open -= 1
      this.#relays.delete(relay)
    })
  }
}
