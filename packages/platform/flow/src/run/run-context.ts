import type { StateStore } from '../state/state-store.ts'
import type { StepChain } from '../steps/step-chain.ts'
import type { PageResult } from './page-handler.ts'
import type { Sink } from './sink.ts'

/** What moving records, whichever way they come, needs of the run. */
export interface RunContext {
  /** Name of the flow. */
  readonly name: string
  readonly state: StateStore
  readonly steps: StepChain
  readonly batchSize: number
  readonly maxInFlight: number
  readonly patienceMs: number
  /** The writing end; `keyOf` gives the idempotency key of a record, where the sink takes one. */
  readonly sink: (keyOf: (origin: number) => string) => Sink
  /** The run has failed. */
  readonly aborted: AbortSignal
  /** The run has failed, or was asked to stop: no further record is wanted. */
  readonly stopReading: AbortSignal
  /** Was the run asked to stop? */
  isStopping(): boolean
  /** Counts what became of `read` records. */
  add(done: PageResult, read: number): void
}
