import type { Decode } from '../message.ts'

/** How a queue is consumed. */
export interface ConsumeInput {
  readonly queue: string
  readonly decode: Decode
  /** Messages that the broker sends ahead of their answers. Default: twice the concurrency. */
  readonly prefetch?: number | undefined
  readonly keyHeader?: string | undefined
  readonly maxRedeliveries: number
  readonly retryQueues: boolean
  readonly deadLetter: 'queue' | 'broker'
  readonly deadLetterQueue?: string | undefined
  readonly stallMs: number
}
