import type { Channel, ChannelModel } from 'amqplib'
import type { OpenContext } from '@casare/core'

const maxRemembered = 10_000

/** Something to declare again. */
export type Declaration = (channel: Channel) => Promise<unknown>

/**
 * What this connection has declared and a restart of the broker, or the loss of the connection, takes away: queues and
 * exchanges that are not durable, delete themselves or expire, and their bindings. Durable ones come back by themselves,
 * and one that is gone was deleted by somebody.
 */
export class Topology {
  readonly #entities = new Map<string, Declaration>()
  readonly #bindings = new Map<string, Declaration>()
  readonly #event: OpenContext['event']

  constructor(event: OpenContext['event']) {
    this.#event = event
  }

  /** Remembers a queue or exchange that does not last, and forgets one that does. */
  entity(kind: 'queue' | 'exchange', name: string, lasts: boolean, declare: Declaration): void {
    const key = `${kind}:${name}`
    if (lasts) this.#entities.delete(key)
    else if (this.#entities.size < maxRemembered) this.#entities.set(key, declare)
  }

  /** Remembers a binding where one of its ends does not last. */
  binding(ends: readonly string[], key: string, declare: Declaration): void {
    if (ends.some((end) => this.#entities.has(end)) && this.#bindings.size < maxRemembered)
      this.#bindings.set(`${ends.join(' ')} ${key}`, declare)
  }

  forget(kind: 'queue' | 'exchange', name: string): void {
    const end = `${kind}:${name}`
    this.#entities.delete(end)
    for (const key of this.#bindings.keys()) if (key.split(' ').includes(end)) this.#bindings.delete(key)
  }

  /** Declares all of it again, on a new connection. */
  async restore(model: ChannelModel): Promise<void> {
    for (const declare of [...this.#entities.values(), ...this.#bindings.values()]) {
      try {
        const channel = await model.createChannel()
        channel.on('error', () => undefined)
        await declare(channel)
        channel.close().catch(() => undefined)
      } catch (error) {
        this.#event('topology_not_restored', { reason: error instanceof Error ? error.message : String(error) })
      }
    }
  }
}
