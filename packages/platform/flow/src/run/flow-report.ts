/** Where a run is. */
export interface FlowProgress {
  readonly flow: string
  readonly read: number
  readonly written: number
  /** Records left out by `filter` or `map`, or handed out again unchanged by the source. */
  readonly skipped: number
  /** Attempts beyond the first, at either end. */
  readonly retried: number
  readonly deadLettered: number
  readonly elapsedMs: number
}

/** How a run ended. */
export interface FlowReport extends FlowProgress {
  /** `complete`: everything there was has been read. `stopped`: asked to stop; the next run goes on from here. */
  readonly outcome: 'complete' | 'stopped'
  /** Highest memory of the process so far (resident set), in bytes. */
  readonly peakMemoryBytes: number
  /** Dead letters of this flow that are open now, those of earlier runs included. */
  readonly deadLettersOpen: number
}
