import type { Flow, FlowReport } from '@casare/flow'

/** A flow file, and what became of it. */
export interface FlowRunResult {
  readonly file: string
  readonly flow: Flow
  /** `undefined` where it failed. */
  readonly report: FlowReport | undefined
}
