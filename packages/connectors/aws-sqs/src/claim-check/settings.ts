/** Where a write puts what is too large for a message. */
export interface WriteClaimCheck {
  readonly bucket: string
  readonly prefix: string
  readonly overBytes: number
}

/** From where a listener fetches payloads. */
export interface ListenClaimCheck {
  readonly bucket: string
  readonly prefix: string
  readonly maxBytes: number
  readonly deleteAfterAck: boolean
}
