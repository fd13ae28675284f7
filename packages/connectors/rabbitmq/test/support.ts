import { randomBytes } from 'node:crypto'
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib'
import type { Config, Target } from '@casare/testing'
import { amqpTap, type AmqpTap } from './amqp-tap.ts'

/** A broker with names of the test's own on it, seen past the connector. */
export interface Broker extends Target {
  readonly address: { readonly host: string; readonly port: number }
  readonly config: Config
  /** A queue that is there, and its tap. */
  readonly queue: string
  readonly tap: AmqpTap
  /** Makes a name of this test's own. */
  name(text: string): string
  send(queue: string, bodies: readonly unknown[], options?: object): Promise<void>
  ready(queue: string): Promise<number>
  exists(kind: 'queue' | 'exchange', name: string): Promise<boolean>
  readonly admin: ChannelModel
  close(): Promise<void>
}

/** The settings that a URL means, in parts. */
export function partsOf(url: string): Config & { readonly host: string; readonly port: number } {
  const { hostname, port, username, password, protocol } = new URL(url)
  return {
    host: hostname,
    port: Number(port),
    secure: protocol === 'amqps:',
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  }
}

/** Opens the view of a test on the broker; closing it removes what the test has named. */
export async function brokerAt(url: string, prefix = `casare-test-${randomBytes(6).toString('hex')}`): Promise<Broker> {
  const config = partsOf(url)
  const address = { host: config.host, port: config.port }
  const admin = await connect(url)
  admin.on('error', () => undefined)
  const names = new Set<string>()
  const name = (text: string): string => {
    const full = `${prefix}.${text}`
    names.add(full)
    return full
  }
  const channel: ConfirmChannel = await admin.createConfirmChannel()
  const queue = name('queue')
  await channel.assertQueue(queue)
  const tap = await amqpTap(address)
  const attempt = async <T>(work: (one: ConfirmChannel) => Promise<T>): Promise<T | undefined> => {
    const one = await admin.createConfirmChannel()
    one.on('error', () => undefined)
    const result = await work(one).catch(() => undefined)
    if (result !== undefined) await one.close()
    return result
  }
  return {
    config,
    address,
    queue,
    tap,
    admin,
    name,
    async send(to, bodies, options = {}) {
      for (const body of bodies)
        channel.sendToQueue(to, Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), {
          contentType: 'application/json',
          persistent: true,
          ...options,
        })
      await channel.waitForConfirms()
    },
    ready: async (of) => (await attempt((one) => one.checkQueue(of)))?.messageCount ?? 0,
    exists: async (kind, of) =>
      (await attempt((one) => (kind === 'queue' ? one.checkQueue(of) : one.checkExchange(of)))) !== undefined,
    async close() {
      for (const one of names) {
        await attempt((on) => on.deleteExchange(one))
        // Retry queues go by themselves.
        for (const ending of ['', '.dead']) await attempt((on) => on.deleteQueue(`${one}${ending}`))
      }
      await admin.close()
      await tap.close()
    },
  }
}

/**
 * Waits until something holds.
 * @throws when it does not within 20 s
 */
export async function until(holds: () => boolean | Promise<boolean>, what = 'it', patienceMs = 20_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come to pass.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
