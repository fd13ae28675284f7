import type { Decode } from '../record.ts'

/** Where a group begins that has no position yet. */
export type From = 'earliest' | 'latest' | { readonly timestamp: string } | { readonly offset: string }

/** How topics are consumed. */
export interface ConsumeInput {
  readonly topics: readonly string[]
  readonly group: string
  readonly from: From
  readonly order: 'partition' | 'key'
  readonly decode: Decode
  readonly maxRedeliveries: number
  readonly deadLetterTopic?: string | undefined
  readonly sessionTimeoutMs: number
  readonly commitMs: number
}
