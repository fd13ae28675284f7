/** What one simulation shows. */
export interface Outcome {
  /** Requests that reached the server per call, in the fault. */
  readonly amplification: number
  /** Share of the calls begun in the fault that succeeded. */
  readonly ok: number
  /** The 99th percentile of the time to an answer, good or bad, of calls begun in the fault, ms. */
  readonly p99Ms: number
  /** Seconds after the fault until 95 % of calls succeed and go on to; `null` for never. */
  readonly recoverySeconds: number | null
  /** A checksum over every call's end. */
  readonly checksum: number
}
