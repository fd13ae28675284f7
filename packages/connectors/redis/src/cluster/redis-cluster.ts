import { ConnectorError } from '@casare/core'
import { endpointOf, type Endpoint } from '../egress.ts'
import { isErrorReply } from '../errors.ts'
import { textReplies, type Driver, type Outcome, type RedisClient, type ReplyOptions } from '../redis-client.ts'
import type { RedisLink } from '../redis-link.ts'
import type { Argument } from '../values.ts'
import { HeldInCluster } from './held-in-cluster.ts'
import { KeyPlaces, wordOf } from './key-places.ts'
import { redirectOf, type Redirect } from './redirect.ts'
import { slotOf } from './slot-of.ts'

const maxRedirects = 5
/** What these speak of is one node, and nobody could say which. */
const ofOneNode = new Set(['SCAN', 'KEYS', 'DBSIZE', 'FLUSHALL', 'FLUSHDB', 'RANDOMKEY', 'SWAPDB', 'SCRIPT'])

export interface ClusterOptions {
  /** Nodes to begin with, host:port. */
  readonly nodes: readonly string[]
  /** The shared connection to a node. @throws where the rules do not allow it */
  readonly linkTo: (endpoint: Endpoint) => RedisLink
  readonly event: (name: string, detail: Readonly<Record<string, unknown>>) => void
}

/** The client of a cluster: a shared connection per node, and each command to the node that has its key. */
export class RedisCluster implements RedisClient {
  readonly memory = new WeakMap<object, unknown>()
  readonly #options: ClusterOptions
  readonly #links = new Map<string, RedisLink>()
  #slots: string[] = []
  #places = new KeyPlaces([])
  #refreshing: Promise<void> | undefined

  constructor(options: ClusterOptions) {
    this.#options = options
  }

  /** Learns who has which slots, from the first node that answers. */
  async connect(): Promise<void> {
    await this.refresh()
    this.#places = new KeyPlaces(await this.#link(this.#any()).send(['COMMAND']))
  }

  async send(command: readonly Argument[], replies: ReplyOptions = textReplies): Promise<unknown> {
    let address = this.nodeFor([command])
    let asking = false
    for (let redirects = 0; ; redirects += 1)
      try {
        return await this.#sendTo(address, command, replies, asking)
      } catch (error) {
        const redirect = redirectOf(error)
        if (redirect === undefined || redirects === maxRedirects) {
          this.#suspect(error)
          throw error
        }
        address = this.#followed(redirect, address)
        asking = redirect.kind === 'ASK'
      }
  }

  async sendAll(commands: readonly (readonly Argument[])[], replies: ReplyOptions = textReplies): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const byNode = new Map<string, (readonly number[])[]>()
    for (const segment of segmentsOf(commands)) {
      const address = this.nodeFor(segment.map((index) => commands[index] ?? []))
      byNode.set(address, [...(byNode.get(address) ?? []), segment])
    }
    await Promise.all(
      [...byNode].map(async ([address, segments]) => {
        const indices = segments.flat()
        const sent = indices.map((index) => commands[index] ?? [])
        const found = await this.#link(address).sendAll(sent, replies)
        for (const [at, index] of indices.entries()) outcomes[index] = found[at] ?? { error: undefined }
        for (const segment of segments) await this.#again(segment, commands, outcomes, address, replies)
      }),
    )
    return outcomes
  }

  /** @param key of what the connection is for; any node where it is for none */
  async dial(signal: AbortSignal, key?: Argument): Promise<Driver> {
    await this.refresh()
    return this.#link(key === undefined ? this.#any() : this.#owner(slotOf(key))).dial(signal)
  }

  async hold<Result>(signal: AbortSignal, work: (held: RedisClient) => Promise<Result>): Promise<Result> {
    await this.refresh()
    const held = new HeldInCluster(this, signal, (address) => this.#link(address).dial(signal))
    try {
      return await work(held)
    } finally {
      held.end()
    }
  }

  event(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.#options.event(name, detail)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
    this.#links.clear()
  }

  /** The node that has the key of these commands; any one where they have none. */
  nodeFor(commands: readonly (readonly Argument[])[]): string {
    for (const command of commands) {
      const key = this.#places.keyOf(command)
      if (key !== undefined) return this.#owner(slotOf(key))
      if (ofOneNode.has(wordOf(command[0]))) throw notForAll(wordOf(command[0]))
    }
    return this.#any()
  }

  /** Asks who has which slots; single flight. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    let failure: unknown
    for (const address of new Set([...this.#links.keys(), ...this.#options.nodes]))
      try {
        const ranges = (await this.#link(address).send(['CLUSTER', 'SLOTS'])) as [number, number, [string, number]][]
        const slots: string[] = []
        for (const [first, last, [host, port]] of ranges)
          for (let slot = first; slot <= last; slot += 1) slots[slot] = known(`${host ?? ''}:${port}`, address)
        this.#slots = slots
        return
      } catch (error) {
        failure = error
      }
    throw failure
  }

  async #sendTo(
    address: string,
    command: readonly Argument[],
    replies: ReplyOptions,
    asking: boolean,
  ): Promise<unknown> {
    const link = this.#link(address)
    if (!asking) return link.send(command, replies)
    const [, outcome] = await link.sendAll([['ASKING'], command], replies)
    if (outcome === undefined || 'error' in outcome) throw outcome?.error
    return outcome.reply
  }

  /** What was sent to a node that no longer has it goes to the one that has. */
  async #again(
    segment: readonly number[],
    commands: readonly (readonly Argument[])[],
    outcomes: Outcome[],
    address: string,
    replies: ReplyOptions,
  ): Promise<void> {
    const redirect = segment.map((index) => redirectIn(outcomes[index])).find((one) => one !== undefined)
    if (redirect === undefined) return
    const [first = 0] = segment
    if (segment.length === 1) {
      outcomes[first] = await this.send(commands[first] ?? [], replies).then(
        (reply) => ({ reply }),
        (error: unknown) => ({ error }),
      )
      return
    }
    // Half of it is here and half of it there: nothing of it was done, and it is tried again by who called.
    if (redirect.kind === 'ASK') return
    const target = this.#followed(redirect, address)
    const found = await this.#link(target).sendAll(
      segment.map((index) => commands[index] ?? []),
      replies,
    )
    for (const [at, index] of segment.entries()) outcomes[index] = found[at] ?? { error: undefined }
  }

  #followed({ kind, slot, address }: Redirect, from: string): string {
    const target = known(address, from)
    if (kind === 'MOVED') {
      this.#slots[slot] = target
      this.refresh().catch((error: unknown) => this.#suspect(error))
    }
    return target
  }

  /** A node that does not answer may have been replaced: the next call knows. */
  #suspect(error: unknown): void {
    if (!isErrorReply(error)) void this.refresh().catch(() => undefined)
  }

  #owner(slot: number): string {
    const address = this.#slots[slot]
    if (address !== undefined) return address
    throw new ConnectorError({
      code: 'unavailable',
      applied: 'no',
      message: `Redis: no node of the cluster has the slot ${slot} at present.`,
    })
  }

  #any(): string {
    return this.#slots.find((one) => one !== undefined) ?? this.#options.nodes[0] ?? ''
  }

  #link(address: string): RedisLink {
    let link = this.#links.get(address)
    if (link === undefined) this.#links.set(address, (link = this.#options.linkTo(endpointOf(address))))
    return link
  }
}

/** A node that does not know its own host is where it was reached. */
function known(address: string, from: string): string {
  const { host, port } = endpointOf(address)
  return host === '' || host === '?' ? `${from.slice(0, from.lastIndexOf(':'))}:${port}` : address
}

function redirectIn(outcome: Outcome | undefined): Redirect | undefined {
  return outcome !== undefined && 'error' in outcome ? redirectOf(outcome.error) : undefined
}

/** Each command for itself, and a transaction as one. */
function segmentsOf(commands: readonly (readonly Argument[])[]): number[][] {
  const segments: number[][] = []
  let open: number[] | undefined
  for (const [index, [word]] of commands.entries()) {
    if (open === undefined && wordOf(word) === 'MULTI') segments.push((open = []))
    if (open === undefined) segments.push([index])
    else open.push(index)
    if (wordOf(word) === 'EXEC') open = undefined
  }
  return segments
}

function notForAll(name: string): ConnectorError {
  return new ConnectorError({
    code: 'unsupported',
    applied: 'no',
    message: `Redis: ${name} speaks of one server, and this is a cluster of several; connect to one of its nodes for that.`,
  })
}
