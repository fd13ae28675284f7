/** A record to write. */
export interface OutgoingRecord {
  /** Bytes and texts are written as they are, null as a tombstone, anything else as JSON. */
  readonly value: unknown
  /** Records of one key are in one partition, in their order. */
  readonly key?: string | Uint8Array | null | undefined
  readonly headers?: Readonly<Record<string, string | Uint8Array>> | undefined
  /** Default: by the key, else evenly. */
  readonly partition?: number | undefined
  /** ISO 8601. Default: now. */
  readonly timestamp?: string | undefined
}

/** A record that has arrived. */
export interface KafkaRecord {
  readonly topic: string
  readonly partition: number
  /** Decimal; 64 bits. */
  readonly offset: string
  /** A text where the bytes are UTF-8. */
  readonly key: string | Uint8Array | null
  /** As asked for: parsed JSON, a text, bytes; null for a tombstone. */
  readonly value: unknown
  /** Texts where the bytes are UTF-8. */
  readonly headers: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly timestamp: string
}

/** Records of one partition, in their order. */
export interface RecordBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly KafkaRecord[]
}

/** How values are read. */
export type Decode = 'auto' | 'json' | 'text' | 'bytes'
