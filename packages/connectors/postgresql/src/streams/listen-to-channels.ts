import { ConnectorError, type ListenContext, type PendingDelivery } from '@casare/core'
import { pause } from '@casare/sql'
import type { PostgresqlDatabase } from '../database.ts'
import { isServerError, serverFacts } from '../errors.ts'
import { quote } from '../identifiers.ts'
import { lossOf } from './loss-of.ts'

/** What a listener to channels gets. */
export type NotificationEvent =
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string; readonly processId: number }
  | { readonly kind: 'gap'; readonly channels: readonly string[]; readonly from: string; readonly to: string }

/** What is known of a subscription from one of its connections to the next. */
interface Listening {
  /** When it was last known to stand, as `Date.now()`. */
  heardAt: number | undefined
  count: number
}

const pingMs = 2_000
/** Notifications held here while handlers are busy; then the server has to wait. */
const highWater = 1_000

/** One connection's worth of listening (https://www.postgresql.org/docs/current/sql-listen.html). */
export async function listenToChannels(
  database: PostgresqlDatabase,
  input: { readonly channels: readonly string[] },
  context: ListenContext<NotificationEvent>,
): Promise<void> {
  const listening = stateOf(database, input)
  const client = await database.dial()
  const loss = lossOf(client, context.signal)
  const queue = new NotificationQueue(context, client.connection.stream, listening)
  const heard = (): void => {
    listening.heardAt = Date.now()
    context.alive()
  }
  try {
    client.on('notification', ({ channel, payload = '', processId }) => {
      heard()
      queue.push({ kind: 'notification', channel, payload, processId })
    })
    for (const channel of input.channels) await Promise.race([client.query(`listen ${quote(channel)}`), loss.promise])
    const from = listening.heardAt
    const to = Date.now()
    heard()
    context.ready()
    if (from !== undefined)
      queue.push({
        kind: 'gap',
        channels: input.channels,
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
      })
    const ping = setInterval(() => {
      // While it is not being read from, nothing can be heard.
      if (queue.isPaused) context.alive()
      else void client.query('select 1').then(heard, () => undefined)
    }, pingMs)
    loss.onEnd(() => clearInterval(ping))
    await Promise.race([loss.promise, queue.run()])
  } catch (error) {
    throw isServerError(error) ? new ConnectorError(serverFacts(error)) : error
  } finally {
    queue.end()
    loss.end('at once')
  }
}

function stateOf(database: PostgresqlDatabase, input: object): Listening {
  const known = database.subscriptions.get(input) as Listening | undefined
  const state = known ?? { heardAt: undefined, count: 0 }
  database.subscriptions.set(input, state)
  return state
}

interface Pausable {
  pause(): void
  resume(): void
}

/** Hands notifications over one by one; what is given back comes again after its delay. */
class NotificationQueue {
  readonly #context: ListenContext<NotificationEvent>
  readonly #stream: Pausable
  readonly #listening: Listening
  readonly #waiting: PendingDelivery<NotificationEvent>[] = []
  readonly #ended = new AbortController()
  #wake: (() => void) | undefined
  #paused = false

  constructor(context: ListenContext<NotificationEvent>, stream: Pausable, listening: Listening) {
    this.#context = context
    this.#stream = stream
    this.#listening = listening
  }

  get isPaused(): boolean {
    return this.#paused
  }

  push(event: NotificationEvent): void {
    this.#listening.count += 1
    this.#add(this.#delivery(String(this.#listening.count), event, false))
    if (this.#waiting.length < highWater || this.#paused) return
    this.#paused = true
    this.#stream.pause()
  }

  async run(): Promise<void> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next !== undefined) await this.#context.deliver(next)
      else if (this.#ended.signal.aborted) return
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      if (this.#paused && this.#waiting.length < highWater / 2) {
        this.#paused = false
        this.#stream.resume()
      }
    }
  }

  end(): void {
    this.#waiting.length = 0
    this.#ended.abort()
    this.#wake?.()
  }

  #add(delivery: PendingDelivery<NotificationEvent>): void {
    if (this.#ended.signal.aborted) return
    this.#waiting.push(delivery)
    this.#wake?.()
  }

  #delivery(id: string, event: NotificationEvent, redelivered: boolean): PendingDelivery<NotificationEvent> {
    return {
      id,
      redelivered,
      event,
      // The server has forgotten it already.
      ack: () => undefined,
      nack: (_error, delayMs) => {
        void pause(delayMs, this.#ended.signal).then(() => this.#add(this.#delivery(id, event, true)))
      },
    }
  }
}
