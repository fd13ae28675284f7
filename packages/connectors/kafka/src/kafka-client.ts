import { ConnectorError, nearest, type OpenContext } from '@casare/core'
import { abortable, silent } from './abortable.ts'
import { Pauses } from './consuming/pauses.ts'
import type { KafkaDriver, Partition } from './driver/driver.ts'

const partitionsMaxAgeMs = 60_000
const maxTopics = 10_000

/** A group that listeners of this connection are members of. */
export interface ListenedGroup {
  readonly pauses: Pauses
  /** Told when the pauses have changed. */
  readonly members: Set<{ pausesChanged(): void }>
}

/** The client of a connection. */
export class KafkaClient {
  readonly driver: KafkaDriver
  readonly timeouts: OpenContext['timeouts']
  readonly event: OpenContext['event']
  /** The last record of each partition that a listener of this connection was given, by group, topic and partition. */
  readonly delivered = new Map<string, bigint>()
  readonly groups = new Map<string, ListenedGroup>()
  readonly #partitions = new Map<string, { readonly at: number; readonly partitions: Promise<readonly Partition[]> }>()

  constructor(driver: KafkaDriver, { timeouts, event }: Pick<OpenContext, 'timeouts' | 'event'>) {
    this.driver = driver
    this.timeouts = timeouts
    this.event = event
  }

  /** Waits for the driver, as long as the call may. */
  call<T>(what: string, signal: AbortSignal, work: (driver: KafkaDriver) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const limitMs = this.timeouts.readMs + this.timeouts.connectMs
    return abortable(work(this.driver), { signal, limitMs, late: () => silent(what, limitMs) })
  }

  /**
   * The partitions of a topic, not older than a minute.
   * @throws `not_found` where there is no such topic.
   */
  async partitions(topic: string, signal: AbortSignal): Promise<readonly Partition[]> {
    const known = this.#partitions.get(topic)
    const fresh = known !== undefined && performance.now() - known.at < partitionsMaxAgeMs
    const partitions = fresh ? known.partitions : this.#look(topic)
    return this.call('the partitions', signal, () => partitions)
  }

  /** A group, as the listeners of this connection share it. */
  groupOf(name: string): ListenedGroup {
    let group = this.groups.get(name)
    if (group === undefined) this.groups.set(name, (group = { pauses: new Pauses(), members: new Set() }))
    return group
  }

  /** Forgets what is known of a topic, where it proved wrong. */
  forget(topic: string): void {
    this.#partitions.delete(topic)
  }

  #look(topic: string): Promise<readonly Partition[]> {
    const partitions = this.#find(topic)
    if (this.#partitions.size >= maxTopics) this.#partitions.clear()
    this.#partitions.set(topic, { at: performance.now(), partitions })
    partitions.catch(() => this.forget(topic))
    return partitions
  }

  async #find(topic: string): Promise<readonly Partition[]> {
    const topics = await this.driver.topics()
    if (!topics.includes(topic))
      throw new ConnectorError({
        code: 'not_found',
        message: `Kafka: there is no topic "${topic}".${nearest(topic, topics)}`,
      })
    return this.driver.partitions(topic)
  }
}
