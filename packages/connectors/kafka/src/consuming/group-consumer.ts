import type { ListenContext } from '@casare/core'
import { abortable, silent } from '../abortable.ts'
import type { ArrivedBatch, Member } from '../driver/driver.ts'
import type { KafkaClient, ListenedGroup } from '../kafka-client.ts'
import { BatchRun, type Staff } from './batch-run.ts'
import type { ConsumeInput } from './consume-input.ts'

const maxFetchBytes = 10 * 1_048_576
const rebalanceTimeoutMs = 60_000
const maxPartitionsAtOnce = 100
const none: ReadonlySet<string> = new Set()

/** What a member needs of its subscription. */
export type Membership = Pick<ListenContext<unknown>, 'signal' | 'concurrency' | 'ready' | 'alive'>

/** One member of a group: from its joining until what it was handling is handled and committed. */
export class GroupConsumer {
  readonly #client: KafkaClient
  readonly #input: ConsumeInput
  readonly #context: Membership
  readonly #staff: Staff
  readonly #group: ListenedGroup
  readonly #failed = Promise.withResolvers<never>()
  readonly #runs = new Set<BatchRun>()
  readonly #active = new Set<Promise<void>>()
  /** What was handled out of turn when a pause came, by topic and partition. */
  readonly #ahead = new Map<string, ReadonlySet<string>>()
  /** Resolves when the partitions of this generation have their positions. */
  #positioned: Promise<void> = Promise.resolve()
  #member: Member | undefined
  #stopping = false

  /** @param staff makes the workers that hand the records of a batch to the handler */
  constructor(client: KafkaClient, input: ConsumeInput, context: Membership, staff: Staff) {
    this.#client = client
    this.#input = input
    this.#context = context
    this.#staff = staff
    this.#group = client.groupOf(input.group)
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
    this.#group.members.add(this)
    try {
      await this.#join(signal)
      await Promise.race([aborted(signal), this.#failed.promise])
    } finally {
      signal.removeEventListener('abort', stop)
      this.#group.members.delete(this)
      stop()
      await Promise.allSettled(this.#active)
      await this.#member?.close().catch(() => undefined)
    }
  }

  /** What a handler has is still answered; what follows it comes again when the pause is over. */
  pausesChanged(): void {
    const { pauses } = this.#group
    for (const run of this.#runs) if (pauses.isPaused(run.topic, run.partition)) run.stop()
    for (const [topic, partitions] of this.#member?.assigned ?? []) {
      const paused = partitions.filter((partition) => pauses.isPaused(topic, partition))
      const others = partitions.filter((partition) => !paused.includes(partition))
      if (paused.length > 0) this.#member?.pause(topic, paused)
      if (others.length > 0) this.#member?.resume(topic, others)
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
    // Others may have had the partitions in the meantime.
    this.#ahead.clear()
    this.pausesChanged()
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
    // Fetched before the pause.
    if (this.#group.pauses.isPaused(batch.topic, batch.partition)) return
    const name = `${batch.topic}/${batch.partition}`
    const run = new BatchRun(this.#client, this.#input, this.#staff, batch, member, this.#ahead.get(name) ?? none)
    this.#ahead.delete(name)
    const active = run.handle()
    this.#runs.add(run)
    this.#active.add(active)
    try {
      await active
      this.#ahead.set(name, run.ahead())
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
