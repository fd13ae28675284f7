import { addressKind, EgressGuard, isLoopback } from '@casare/core'
import type { Agent } from 'undici'
import type { ReadyOptions } from './http-options.ts'
import { loadAgent } from './load-agent.ts'

/**
 * The connections of a client: those to its own origins, and apart from them those to strangers that redirects lead to. A stranger
 * must have a public address, unless our own has none either: a server must not be able to send us into our network.
 */
export class Agents {
  readonly #ownHost: string
  readonly #own: Holder
  readonly #strangers: Holder

  /** @param origin our own. */
  constructor(options: ReadyOptions, origin: string) {
    this.#ownHost = new URL(origin).hostname
    this.#own = new Holder(options, options.egress)
    this.#strangers = new Holder(options, options.egress ?? new EgressGuard({ allowPrivate: !isPublic(this.#ownHost) }))
  }

  /**
   * The agent that connects to an origin; undici is loaded with the first one.
   * @throws `permission_denied` for a host that the rules refuse.
   */
  for(origin: string, trusted: boolean): Agent | Promise<Agent> {
    // The same host on another port or by https is no stranger.
    const holder = trusted || new URL(origin).hostname === this.#ownHost ? this.#own : this.#strangers
    return holder.get(origin)
  }

  /** Ends all connections. */
  async close(reason: Error): Promise<void> {
    await Promise.all([this.#own.close(reason), this.#strangers.close(reason)])
  }
}

/** One agent, loaded when it is needed. */
class Holder {
  readonly #options: ReadyOptions
  readonly #egress: EgressGuard | undefined
  readonly #checked = new Set<string>()
  #agent: Agent | undefined
  #loading: Promise<Agent> | undefined

  constructor(options: ReadyOptions, egress: EgressGuard | undefined) {
    this.#options = options
    this.#egress = egress
  }

  get(origin: string): Agent | Promise<Agent> {
    if (this.#egress !== undefined && !this.#checked.has(origin)) {
      this.#egress.check(new URL(origin).hostname)
      if (this.#checked.size < 1_000) this.#checked.add(origin)
    }
    return this.#agent ?? this.#load()
  }

  async #load(): Promise<Agent> {
    this.#loading ??= loadAgent({ ...this.#options, egress: this.#egress })
    this.#agent = await this.#loading
    return this.#agent
  }

  async close(reason: Error): Promise<void> {
    const agent = await this.#loading
    await agent?.destroy(reason)
  }
}

function isPublic(host: string): boolean {
  return !isLoopback(host) && (addressKind(host) ?? 'public') === 'public'
}
