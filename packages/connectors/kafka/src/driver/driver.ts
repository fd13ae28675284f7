/** A partition of a topic. */
export interface Partition {
  readonly partition: number
  /** Node id of the leader; -1 where there is none. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** Where a partition begins and ends. Offsets are decimal: they have 64 bits. */
export interface PartitionOffsets {
  readonly partition: number
  /** The first record that is there. */
  readonly low: string
  /** What the next record will have. */
  readonly high: string
}

/** A position in a partition. */
export interface Position {
  readonly partition: number
  readonly offset: string
}

/** A record on its way to a partition. */
export interface SentRecord {
  readonly key: Buffer | null
  /** A text goes as UTF-8; it is well-formed. */
  readonly value: Buffer | string | null
  readonly headers: Readonly<Record<string, Buffer | string | Buffer[]>>
  /** Milliseconds since 1970. */
  readonly timestamp: string | undefined
}

/** A record that has arrived. */
export interface ArrivedRecord {
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly timestamp: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** Records of one partition, in their order, and what may be done while they are handled. */
export interface ArrivedBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly ArrivedRecord[]
  /** Does this member still have the partition, and is the position where it was? */
  isCurrent(): boolean
  /** Stays a member of the group. @throws where the group is being shared out anew */
  heartbeat(): Promise<void>
  /** Records up to this one are handled: what follows is fetched next. */
  handled(offset: string): void
}

/** A member of a group. */
export interface Member {
  /** The partitions this member has now. */
  readonly assigned: ReadonlyMap<string, readonly number[]>
  /** The group begins here when it comes back. @param next the offset after the last record that is handled */
  commit(topic: string, partition: number, next: string): Promise<void>
  /** Goes on from there. */
  seek(topic: string, partition: number, offset: string): void
  /** Fetches nothing of these partitions, and goes on being a member. */
  pause(topic: string, partitions: readonly number[]): void
  /** Fetches them again. */
  resume(topic: string, partitions: readonly number[]): void
  /** Leaves the group. */
  close(): Promise<void>
}

/** How to be a member of a group. */
export interface JoinOptions {
  readonly group: string
  readonly topics: readonly string[]
  readonly fromBeginning: boolean
  /** Milliseconds. */
  readonly sessionTimeoutMs: number
  /** Milliseconds. */
  readonly rebalanceTimeoutMs: number
  readonly partitionsAtOnce: number
  readonly maxBytes: number
  /** Handles a batch; the next one of this partition comes when it resolves. */
  readonly onBatch: (batch: ArrivedBatch) => Promise<void>
  /** The member has been given its partitions, at first and after each change. */
  readonly onJoin: (member: Member) => void
  /** The group answers. */
  readonly onAlive: () => void
  /** The member has given up. */
  readonly onCrash: (error: Error) => void
}

/** What this connector needs of a client of Kafka; all that is special about one client sits behind it. */
export interface KafkaDriver {
  topics(): Promise<readonly string[]>
  partitions(topic: string): Promise<readonly Partition[]>
  createTopic(topic: string, options: CreateTopicOptions): Promise<boolean>
  deleteTopic(topic: string): Promise<void>
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  /** Positions of the first records at or after a time, in milliseconds since 1970; the end where there is none. */
  offsetsAt(topic: string, timestampMs: number): Promise<readonly Position[]>
  /** Where a group is; offset "-1" where it has no position. */
  groupOffsets(group: string, topic: string): Promise<readonly Position[]>
  /** The partition for a key: the same as that of the Java client. */
  partitionFor(key: Buffer | null, partitions: readonly Partition[], topic: string): number
  /** Appends records to one partition; all or none are there when it resolves or is refused. */
  send(topic: string, partition: number, records: readonly SentRecord[], options: SendOptions): Promise<void>
  /** Records of a partition from an offset on, past any group: those that are there, of transactions that were not taken back. */
  fetch(topic: string, partition: number, offset: string, maxBytes: number): Promise<Fetched>
  /** Moves a group that has no members. */
  moveGroup(group: string, topic: string, positions: readonly Position[]): Promise<void>
  join(options: JoinOptions): Promise<Member>
  close(): Promise<void>
}

/** What was fetched of a partition. */
export interface Fetched {
  readonly records: readonly ArrivedRecord[]
  /** Where to go on; the same offset where nothing is to be had now. */
  readonly next: string
}

/** How records are sent. */
export interface SendOptions {
  readonly compression: 'none' | 'gzip'
  /** -1: all replicas in sync; 1: the leader. */
  readonly acks: -1 | 1
  /** Milliseconds. */
  readonly timeoutMs: number
}

/** What a topic is made with. */
export interface CreateTopicOptions {
  readonly partitions: number
  readonly replicationFactor: number
  readonly settings: Readonly<Record<string, string>>
}
