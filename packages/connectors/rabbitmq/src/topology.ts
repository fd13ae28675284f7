import type { Channel, ChannelModel } from 'amqplib'
import type { OpenContext } from '@casare/core'

const maxRemembered = 10_000

/** Something to declare again. */
export type Declaration = (channel: Channel) => Promise<unknown>

/**
 * What this connection has declared, to be declared again on its next connection: a restart of the broker takes away what is
 * not durable, and a crash takes durable queues, too, that were declared in the seconds before. Declaring what is there
 * changes nothing; what was deleted through this connection is forgotten.
 */
export class Topology {
  readonly #entities = new Map<string, Declaration>()
  readonly #bindings = new Map<string, Declaration>()
  readonly #event: OpenContext['event']

  constructor(event: OpenContext['event']) {
    this.#event = event
  }

  /** Remembers a queue or exchange. */
  entity(kind: 'queue' | 'exchange', name: string, declare: Declaration): void {
    if (this.#entities.size < maxRemembered) this.#entities.set(`${kind}:${name}`, declare)
  }

  binding(ends: readonly string[], key: string, declare: Declaration): void {
    if (this.#bindings.size < maxRemembered) this.#bindings.set(`${ends.join(' ')} ${key}`, declare)
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
