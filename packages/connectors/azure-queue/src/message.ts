/** How messages are written down in a queue. */
export type Format = 'text' | 'json' | 'base64' | 'envelope'

/** A message to send. */
export interface OutgoingMessage {
  readonly body: unknown
  /** Texts and numbers that go with the body; only in envelopes. */
  readonly attributes?: Readonly<Record<string, string | number>> | undefined
  /** How long nobody gets it, in seconds, 0 to 604,800. */
  readonly delaySeconds?: number | undefined
  /** How long it is kept, in seconds; -1 for ever. Default: 604,800, a week. */
  readonly timeToLiveSeconds?: number | undefined
}

/** A message that has arrived. */
export interface Message {
  readonly body: unknown
  readonly messageId: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly insertedAt: string
  /** ISO 8601. */
  readonly expiresAt: string
  /** How often somebody has received it, this time included. */
  readonly dequeueCount: number
}
