import { ConnectorError, type ListenContext, type PendingDelivery } from '@casare/core'
import { pause } from '@casare/sql'
import type { PostgresqlRow } from '../backend/statement.ts'
import type { PostgresqlDatabase } from '../database.ts'
import { isServerError, serverFacts } from '../errors.ts'
import { quote } from '../identifiers.ts'
import { lossOf } from '../streams/loss-of.ts'
import { Confirmation } from './confirmation.ts'
import { PgoutputDecoder, type PgoutputMessage, type Relation } from './pgoutput.ts'
import { ReplicationFeed } from './replication-feed.ts'
import { prepareSlot, type ChangesInput } from './slot.ts'

/** One change of one row. */
export interface ChangeEvent {
  readonly kind: 'insert' | 'update' | 'delete' | 'truncate'
  readonly schema: string
  readonly table: string
  /** The row as it is now; without the columns named in `unchanged`. */
  readonly row?: PostgresqlRow | undefined
  /** The row as it was, or what tells it apart, as far as the table's replica identity keeps it. */
  readonly old?: PostgresqlRow | undefined
  /** Large columns that the update did not touch, whose values the server does not send. */
  readonly unchanged?: readonly string[] | undefined
  readonly transaction: number
  readonly committedAt: string
  /** Place of the commit in the log: `16/B374D848`. */
  readonly lsn: string
}

/** Where a subscription is, from one connection to the next. */
interface Following {
  /** Place and number of the last change that was handed over. */
  readonly handed: { lsn: bigint; number: number }
}

const confirmEveryMs = 2_000
const drainMs = 30_000
/** Changes held here while handlers are busy; then the server has to wait. */
const highWater = 1_000
/** How far behind a change that waits for its row others are looked for. */
const lookAhead = 100

/** One connection's worth of changes. */
export async function followChanges(
  database: PostgresqlDatabase,
  input: ChangesInput,
  context: ListenContext<ChangeEvent>,
): Promise<void> {
  const client = await database.dial({ replication: 'database' } as object)
  const loss = lossOf(client, context.signal)
  try {
    await Promise.race([prepareSlot(database, client, input, context), loss.promise])
    if (context.signal.aborted) return
    const follower = new Follower(context, stateOf(database, input), client.connection.stream, loss.fail)
    const feed = new ReplicationFeed(
      `START_REPLICATION SLOT ${quote(input.slot)} LOGICAL 0/0 (proto_version '1', publication_names '${quote(input.publication).replaceAll("'", "''")}')`,
      () => follower.confirmed,
      follower,
    )
    follower.onConfirmed = () => feed.confirm()
    feed.begin(client)
    await Promise.race([feed.started.promise, loss.promise])
    context.ready()
    const timer = setInterval(() => {
      // While it is not being read from, nothing can be heard.
      if (follower.isPaused) context.alive()
      feed.confirm(true)
    }, confirmEveryMs)
    loss.onEnd(() => clearInterval(timer))
    loss.onEnd(() => follower.end())
    await Promise.race([loss.promise, follower.run()])
    if (!context.signal.aborted) return
    await follower.finished()
    feed.confirm()
    loss.end('after what was sent')
  } catch (error) {
    throw isServerError(error) ? new ConnectorError(serverFacts(error)) : error
  } finally {
    loss.end('at once')
  }
}

function stateOf(database: PostgresqlDatabase, input: object): Following {
  const known = database.subscriptions.get(input) as Following | undefined
  const state = known ?? { handed: { lsn: -1n, number: 0 } }
  database.subscriptions.set(input, state)
  return state
}

class Follower {
  readonly #context: ListenContext<ChangeEvent>
  readonly #following: Following
  readonly #stream: { pause(): void; resume(): void }
  readonly #fail: (error: unknown) => void
  readonly #decoder = new PgoutputDecoder()
  readonly #confirmation = new Confirmation(0n)
  readonly #waiting: PendingDelivery<ChangeEvent>[] = []
  /** Place of the first one that waits: taking it out each time would move all the others. */
  #head = 0
  /** Rows of which a change is being handled. */
  readonly #busy = new Set<string>()
  readonly #ended = new AbortController()
  #begun = { lsn: 0n, text: '', committedAt: '', transaction: 0, count: 0 }
  #wake: (() => void) | undefined
  #paused = false
  #confirming = false
  /** What the server was told last. */
  #told = 0n
  /** Handlers that run. */
  #handling = 0
  #idle: (() => void) | undefined
  onConfirmed: () => void = () => undefined

  constructor(
    context: ListenContext<ChangeEvent>,
    following: Following,
    stream: { pause(): void; resume(): void },
    fail: (error: unknown) => void,
  ) {
    this.#context = context
    this.#following = following
    this.#stream = stream
    this.#fail = fail
  }

  get isPaused(): boolean {
    return this.#paused
  }

  get confirmed(): bigint {
    return this.#confirmation.confirmed
  }

  data(message: Buffer): void {
    this.#context.alive()
    const decoded = this.#decoder.decode(message)
    if (decoded !== undefined) this.#take(decoded)
  }

  reached(lsn: bigint): void {
    this.#context.alive()
    this.#confirmation.reached(lsn)
  }

  failed(error: unknown): void {
    this.#fail(error)
  }

  async run(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      const next = this.#next()
      if (next !== undefined) {
        await this.#context.deliver(next)
        // One that was let go of by a stop reaches no handler.
        if (!this.#context.signal.aborted) this.#handling += 1
      } else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      if (this.#paused && this.#held < highWater / 2) {
        this.#paused = false
        this.#stream.resume()
      }
    }
  }

  end(): void {
    this.#clear()
    this.#ended.abort()
    this.#wake?.()
  }

  /** The first change of a row of which none is being handled: where one is given back, those behind it wait too. */
  #next(): PendingDelivery<ChangeEvent> | undefined {
    const waiting = this.#waiting
    let index = this.#head
    const end = Math.min(waiting.length, index + lookAhead)
    // Nearly always it is the first one.
    while (index < end && this.#busy.has(waiting[index]?.key ?? '')) index += 1
    if (index >= end) return undefined
    const next = waiting[index]
    if (index > this.#head) waiting.splice(index, 1)
    else if ((this.#head += 1) === waiting.length || this.#head > highWater) {
      waiting.splice(0, this.#head)
      this.#head = 0
    }
    if (next !== undefined) this.#busy.add(next.key ?? '')
    return next
  }

  /** Asked to stop: takes nothing more, and waits for the handlers that run. */
  async finished(): Promise<void> {
    this.#clear()
    if (this.#handling <= 0) return
    const timer = new AbortController()
    const idle = new Promise<void>((resolve) => {
      this.#idle = resolve
    })
    await Promise.race([idle, pause(drainMs, timer.signal)])
    timer.abort()
  }

  get #held(): number {
    return this.#waiting.length - this.#head
  }

  #clear(): void {
    this.#waiting.length = 0
    this.#head = 0
  }

  #handled(): void {
    this.#handling -= 1
    if (this.#handling <= 0) this.#idle?.()
  }

  #take(message: PgoutputMessage): void {
    switch (message.kind) {
      case 'begin': {
        const { finalLsn, committedAt, transaction } = message
        this.#begun = { lsn: finalLsn, text: lsnText(finalLsn), committedAt, transaction, count: 0 }
        this.#confirmation.begin()
        return
      }
      case 'commit':
        this.#confirmation.commit(message.endLsn)
        this.#confirmSoon()
        return
      case 'truncate':
        for (const relation of message.relations) this.#add(relation, { kind: 'truncate' }, undefined)
        return
      case 'insert':
        this.#add(message.relation, { kind: 'insert', row: message.row }, message.row)
        return
      case 'update': {
        const { row, old, unchanged } = message
        const parts = { ...(old === undefined ? {} : { old }), ...(unchanged.length === 0 ? {} : { unchanged }) }
        this.#add(message.relation, { kind: 'update', row, ...parts }, row)
        return
      }
      case 'delete':
        this.#add(message.relation, { kind: 'delete', old: message.old }, message.old)
        return
    }
  }

  #add(relation: Relation, parts: Pick<ChangeEvent, 'kind' | 'row' | 'old' | 'unchanged'>, row?: PostgresqlRow): void {
    const begun = this.#begun
    begun.count += 1
    const { lsn, text, committedAt, transaction, count } = begun
    const { handed } = this.#following
    const redelivered = lsn < handed.lsn || (lsn === handed.lsn && count <= handed.number)
    if (!redelivered) {
      handed.lsn = lsn
      handed.number = count
    }
    const handled = this.#confirmation.change()
    const { schema, table } = relation
    const key = keyOf(relation, row)
    this.#waiting.push({
      id: `${text}:${count}`,
      key,
      redelivered,
      event: Object.assign(parts, { schema, table, transaction, committedAt, lsn: text }),
      ack: () => {
        handled()
        this.#busy.delete(key)
        this.#wake?.()
        this.#handled()
        this.#confirmSoon()
      },
      nack: (error, delayMs) => {
        this.#handled()
        return this.#giveBack(error, delayMs)
      },
    })
    this.#wake?.()
    if (this.#held < highWater || this.#paused) return
    this.#paused = true
    this.#stream.pause()
  }

  /** The order of changes is kept: the stream begins again with the first one that is not confirmed. */
  async #giveBack(error: unknown, delayMs: number): Promise<void> {
    await pause(delayMs, this.#ended.signal)
    this.#fail(
      new ConnectorError({
        code: 'unavailable',
        message: 'PostgreSQL: a change was given back by its handler.',
        cause: error,
      }),
    )
  }

  /** Many acknowledgements in a row are one message, and those that move nothing are none. */
  #confirmSoon(): void {
    if (this.#confirming || this.confirmed === this.#told) return
    this.#confirming = true
    setImmediate(() => {
      this.#confirming = false
      this.#told = this.confirmed
      this.onConfirmed()
    })
  }
}

/** Changes of one row come one after the other; those of a table without a key as well. */
function keyOf({ schema, table, columns }: Relation, row: PostgresqlRow | undefined): string {
  let key = `${schema}.${table}`
  if (row !== undefined) for (const { name, isKey } of columns) if (isKey) key += `:${String(row[name])}`
  return key
}

function lsnText(lsn: bigint): string {
  return `${(lsn >> 32n).toString(16).toUpperCase()}/${(lsn & 0xffff_ffffn).toString(16).toUpperCase()}`
}
