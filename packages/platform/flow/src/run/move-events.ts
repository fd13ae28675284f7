import type { Delivery, ListenOptions, Subscription } from '@casare/core'
import type { FlowListen } from '../definition/flow-definition.ts'
import { EventIdentity } from './identity.ts'
import { PageHandler } from './page-handler.ts'
import type { RunContext } from './run-context.ts'

const defaultConcurrency = 100

/** Where events come from. */
export interface EventSource {
  readonly stream: {
    listen(
      input: unknown,
      handler: (event: unknown, delivery: Delivery<unknown>) => Promise<void>,
      options: ListenOptions,
    ): Subscription
  }
  readonly listen: FlowListen
}

/**
 * Moves events as they arrive. What arrives while a batch is written makes the next one; an event is acknowledged once it is
 * written, left out, or its dead letter is stored, and given back where the run fails before. True where nothing came for
 * `idleMs`, false where the run was asked to stop.
 */
export async function moveEvents(context: RunContext, { stream, listen }: EventSource): Promise<boolean> {
  const batches = new EventBatches(context, listen.idleMs)
  const subscription = stream.listen(listen.input ?? {}, (event, delivery) => batches.take(event, delivery.id), {
    concurrency: listen.concurrency ?? defaultConcurrency,
  })
  const ended = subscription.closed.then(() => batches.end())
  ended.catch((error: unknown) => batches.fail(error))
  const stop = (): void => batches.end()
  context.stopReading.addEventListener('abort', stop, { once: true })
  if (context.stopReading.aborted) stop()
  try {
    return (await batches.done) && !context.isStopping()
  } finally {
    context.stopReading.removeEventListener('abort', stop)
    await subscription.stop()
    batches.close()
  }
}

interface Waiting {
  readonly event: unknown
  readonly id: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Gathers events into batches, one of which is written at a time. */
class EventBatches {
  readonly #context: RunContext
  readonly #idleMs: number | undefined
  readonly #done = Promise.withResolvers<boolean>()
  #waiting: Waiting[] = []
  #writing = false
  #idle: NodeJS.Timeout | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(context: RunContext, idleMs: number | undefined) {
    this.#context = context
    this.#idleMs = idleMs
    this.#done.promise.catch(() => undefined)
    this.#watchIdle()
  }

  /** Resolves to true after `idleMs` without an event, to false when asked to end; rejects where the run failed. */
  get done(): Promise<boolean> {
    return this.#done.promise
  }

  /** Resolves when the event is done with, for good. */
  take(event: unknown, id: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(givenBack(this.#failure.error))
    return new Promise((resolve, reject) => {
      clearTimeout(this.#idle)
      this.#waiting.push({ event, id, resolve, reject })
      if (!this.#writing) this.#begin()
    })
  }

  end(): void {
    this.#done.resolve(false)
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    for (const { reject } of this.#waiting.splice(0)) reject(givenBack(error))
    this.#done.reject(error)
  }

  close(): void {
    clearTimeout(this.#idle)
  }

  #begin(): void {
    this.#writing = true
    // What has arrived at the same time goes together.
    setImmediate(() => void this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#context.batchSize)
      try {
        await this.#write(batch)
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(givenBack(error))
        this.fail(error)
      }
      // Acknowledging makes room for what comes next.
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#writing = false
    this.#watchIdle()
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const { name, state, steps, aborted } = this.#context
    const records = batch.map(({ event }) => event)
    const identity = new EventIdentity(
      name,
      batch.map(({ id }) => id),
    )
    const sink = this.#context.sink((origin) => identity.key(records[origin], origin, 'write'))
    const handler = new PageHandler(state, name, sink, identity, aborted)
    const done = await handler.handle({ records, cursor: undefined }, records.length, await steps.apply(records))
    this.#context.add(done, records.length)
  }

  #watchIdle(): void {
    if (this.#idleMs === undefined) return
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => this.#done.resolve(true), this.#idleMs)
  }
}

/** Not the event's fault: it goes back to where it came from. */
function givenBack(cause: unknown): Error {
  return new Error('The flow ended before the event was written.', { cause })
}
