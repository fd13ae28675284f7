/** What the JSONata worker is started with. */
export interface JsonataWorkerData {
  readonly expression: string
  /** Set to the number of the batch and the index of the record in work, so that the other side knows which one hangs. */
  readonly progress: Int32Array
}

/** Outcome per record: a value, nothing, or a failure. */
export type JsonataOutcome = { readonly value: unknown } | { readonly failure: string }

/** Records to evaluate; batches are numbered from 1. */
export interface JsonataRequest {
  readonly batch: number
  readonly records: readonly unknown[]
}

export type JsonataResponse =
  | { readonly batch: number; readonly outcomes: readonly JsonataOutcome[] }
  | { readonly broken: string; readonly position: number | undefined }
  | { readonly ready: true }
