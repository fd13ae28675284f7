import type { ListenContext } from '@casare/core'
import { abortable, silent } from '../abortable.ts'
import type { ArrivedBatch, Member } from '../driver/driver.ts'
import type { KafkaClient } from '../kafka-client.ts'
import type { KafkaRecord } from '../record.ts'
import { BatchRun } from './batch-run.ts'
import type { ConsumeInput } from './consume-input.ts'

const maxFetchBytes = 10 * 1_048_576
const rebalanceTimeoutMs = 60_000
const maxPartitionsAtOnce = 100

/** One member of a group: from its joining until what it was handling is handled and committed. */
export class GroupConsumer {
  readonly #client: KafkaClient
  readonly #input: ConsumeInput
  readonly #context: ListenContext<KafkaRecord>
  readonly #failed = Promise.withResolvers<never>()
  readonly #runs = new Set<BatchRun>()
  readonly #active = new Set<Promise<void>>()
  /** Resolves when the partitions of this generation have their positions. */
  #positioned: Promise<void> = Promise.resolve()
  #member: Member | undefined
  #stopping = false

  constructor(client: KafkaClient, input: ConsumeInput, context: ListenContext<KafkaRecord>) {
    this.#client = client
    this.#input = input
    this.#context = context
    this.#failed.promise.catch(() => undefined)
  }

  /** Consumes until the signal aborts; then it lets handlers finish, commits, and leaves the group. */
  async run(): Promise<void> {
    const { signal } = this.#context
    // Within the abort itself: what the runtime lets go of then is still known to have waited.
    const stop = (): void => {
      this.#stopping = true
      for (const run of this.#runs) run.stop()
    }
    signal.addEventListener('abort', stop, { once: true })
    try {
      await this.#join(signal)
      await Promise.race([aborted(signal), this.#failed.promise])
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
      await Promise.allSettled(this.#active)
      await this.#member?.close().catch(() => undefined)
    }
  }

  async #join(signal: AbortSignal): Promise<void> {
    const { driver, timeouts } = this.#client
    const { group, topics, from, sessionTimeoutMs } = this.#input
    for (const topic of topics) await this.#client.partitions(topic, signal)
    const limitMs = timeouts.connectMs + rebalanceTimeoutMs + sessionTimeoutMs
    const joining = driver.join({
      group,
      topics,
      fromBeginning: from === 'earliest',
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      partitionsAtOnce: Math.min(maxPartitionsAtOnce, this.#context.concurrency),
      maxBytes: maxFetchBytes,
      onBatch: (batch) => this.#handle(batch),
      onJoin: (member) => this.#joined(member),
      onAlive: () => this.#context.alive(),
      onCrash: (error) => this.#failed.reject(error),
    })
    joining.then(
      (member) => {
        this.#member = member
        // Given up on in the meantime.
        if (this.#stopping) void member.close().catch(() => undefined)
      },
      () => undefined,
    )
    this.#member = await abortable(joining, { signal, limitMs, late: () => silent('joining the group', limitMs) })
  }

  #joined(member: Member): void {
    this.#member = member
    this.#positioned = this.#position(member).then(
      () => this.#context.ready(),
      (error: unknown) => {
        // Nothing may be handled from a position that was not asked for.
        this.#stopping = true
        this.#failed.reject(error)
      },
    )
  }

  /** Partitions in which the group has no position yet begin where they are asked to. */
  async #position(member: Member): Promise<void> {
    const { from, group } = this.#input
    if (from === 'earliest') return
    const { driver } = this.#client
    for (const [topic, partitions] of member.assigned) {
      const missing = (await driver.groupOffsets(group, topic)).filter(
        ({ partition, offset }) => Number(offset) < 0 && partitions.includes(partition),
      )
      if (missing.length === 0) continue
      const starts = await this.#starts(topic)
      for (const { partition } of missing) {
        const offset = typeof from === 'object' && 'offset' in from ? from.offset : starts.get(partition)
        if (offset === undefined) continue
        member.seek(topic, partition, offset)
        await member.commit(topic, partition, offset)
      }
    }
  }

  async #starts(topic: string): Promise<ReadonlyMap<number, string>> {
    const { driver } = this.#client
    const { from } = this.#input
    if (typeof from === 'object' && 'timestamp' in from) {
      const found = await driver.offsetsAt(topic, Date.parse(from.timestamp))
      return new Map(found.map(({ partition, offset }) => [partition, offset]))
    }
    return new Map((await driver.offsets(topic)).map(({ partition, high }) => [partition, high]))
  }

  async #handle(batch: ArrivedBatch): Promise<void> {
    await this.#positioned
    const member = this.#member
    if (this.#stopping || member === undefined || !batch.isCurrent()) return
    const run = new BatchRun(this.#client, this.#input, this.#context, batch, member)
    const active = run.handle()
    this.#runs.add(run)
    this.#active.add(active)
    try {
      await active
    } finally {
      this.#runs.delete(run)
      this.#active.delete(active)
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
