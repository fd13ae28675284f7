/** Values that headers can carry. */
export type HeaderValue = string | number | boolean | null | HeaderValue[] | { [name: string]: HeaderValue }

/** A message to send. */
export interface OutgoingMessage {
  /** Bytes and texts are sent as they are; anything else as JSON. */
  readonly body: unknown
  /** Where to, in place of the input's. At most 255 bytes. */
  readonly routingKey?: string | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  /** Default: by the kind of the body. */
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  /** Default: the record's key, else a new UUID. */
  readonly messageId?: string | undefined
  readonly correlationId?: string | undefined
  readonly replyTo?: string | undefined
  readonly type?: string | undefined
  readonly appId?: string | undefined
  /** ISO 8601; kept to the second. */
  readonly timestamp?: string | undefined
  /** 0 to 255. */
  readonly priority?: number | undefined
  /** How long it may wait in a queue, in milliseconds. */
  readonly expirationMs?: number | undefined
  /** Written to the disk by durable queues. Default true. */
  readonly persistent?: boolean | undefined
}

/** A message that has arrived. */
export interface Message {
  /** As its content type says: parsed JSON, a text, or bytes. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, unknown>>
  /** Where it was first published; empty for the default exchange. */
  readonly exchange: string
  readonly routingKey: string
  readonly redelivered: boolean
  /** How often we have given it back after a failure. */
  readonly redeliveries: number
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly messageId?: string | undefined
  readonly correlationId?: string | undefined
  readonly replyTo?: string | undefined
  readonly type?: string | undefined
  readonly appId?: string | undefined
  /** ISO 8601. */
  readonly timestamp?: string | undefined
  readonly priority?: number | undefined
}

/** How the body of a message is read. */
export type Decode = 'auto' | 'json' | 'text' | 'bytes'
