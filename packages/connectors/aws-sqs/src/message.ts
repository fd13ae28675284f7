/** How a body is given to the handler. */
export type Decode = 'auto' | 'json' | 'text' | 'bytes'

/** A message to send. */
export interface OutgoingMessage {
  /** A text is sent as it is, bytes as base64, anything else as JSON; an attribute says which. */
  readonly body: unknown
  /** At most 9 beside our own. */
  readonly attributes?: Readonly<Record<string, string | number>> | undefined
  /** Messages of one group are handled one after the other; needed in FIFO queues, unless the input gives one. */
  readonly groupId?: string | undefined
  /** FIFO queues take a message of one id once within five minutes. Default: the record's key. */
  readonly deduplicationId?: string | undefined
  /** How long nobody gets it, in seconds, 0 to 900; not in FIFO queues. */
  readonly delaySeconds?: number | undefined
}

/** A message that has arrived. */
export interface Message {
  readonly body: unknown
  readonly messageId: string
  readonly attributes: Readonly<Record<string, unknown>>
  readonly groupId?: string | undefined
  readonly deduplicationId?: string | undefined
  readonly sequenceNumber?: string | undefined
  /** ISO 8601. */
  readonly sentAt?: string | undefined
  /** How often somebody has received it, this time included. */
  readonly receiveCount: number
}
