import type { WriteOptions, WriteResult } from '../contract/connection.ts'
import type { Effect } from '../contract/effect.ts'
import type { AnyWrite, WriteContext } from '../contract/stream.ts'
import type { CallContext } from '../contract/call.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { validate } from '../schemas/validate.ts'
import { runCall } from './call.ts'
import { DelegatedContext } from './delegated-context.ts'
import type { Runtime } from './runtime.ts'
import { toConnectorError, type FailedCall } from './to-connector-error.ts'

const defaultBatchRecords = 100

/** A record on its way, with its place among all records of the write and its idempotency key. */
interface Pending {
  readonly index: number
  readonly record: unknown
  readonly key: string | undefined
}

/**
 * Writes records in batches and answers for each. Within a batch, only records whose failure is retryable are sent again,
 * with the same keys; a batch of an atomic sink that is refused for good is split until the poison is found.
 * @throws only for invalid input, cancellation, and a connection that cannot be opened.
 */
export async function writeStream(
  runtime: Runtime,
  name: string,
  facet: AnyWrite,
  records: Iterable<unknown> | AsyncIterable<unknown>,
  input: unknown,
  options: WriteOptions<unknown> = {},
): Promise<WriteResult> {
  return new StreamWriter(
    runtime,
    name,
    facet,
    await validate(facet.input, input ?? {}, `${name}.write input`),
    options,
  ).writeAll(records)
}

class StreamWriter {
  readonly #runtime: Runtime
  readonly #name: string
  readonly #facet: AnyWrite
  readonly #input: unknown
  readonly #options: WriteOptions<unknown>
  readonly #effect: Effect
  readonly #failed: { index: number; error: ConnectorError }[] = []

  constructor(runtime: Runtime, name: string, facet: AnyWrite, input: unknown, options: WriteOptions<unknown>) {
    this.#runtime = runtime
    this.#name = `${name}.write`
    this.#facet = facet
    this.#input = input
    this.#options = options
    this.#effect = options.effect ?? (typeof facet.effect === 'function' ? facet.effect(input) : facet.effect)
  }

  async writeAll(records: Iterable<unknown> | AsyncIterable<unknown>): Promise<WriteResult> {
    const size = this.#batchRecords()
    // A connection that cannot be opened fails the write as a whole, before any record.
    if (this.#runtime.source.current === undefined)
      await runCall(this.#runtime, {
        name: this.#name,
        effect: 'read',
        options: { signal: this.#options.signal },
        run: () => undefined,
      })
    let chunk: unknown[] = []
    let count = 0
    const flush = async (): Promise<void> => {
      const [records, first] = [chunk, count]
      chunk = []
      count += records.length
      const batch = await this.#check(records, first)
      if (batch.length > 0) await this.#writeBatch(batch)
    }
    // A list is walked without a wait per record.
    if (Symbol.iterator in records) {
      for (const record of records) if (chunk.push(record) === size) await flush()
    } else {
      for await (const record of records) if (chunk.push(record) === size) await flush()
    }
    if (chunk.length > 0) await flush()
    this.#failed.sort((a, b) => a.index - b.index)
    return { succeeded: count - this.#failed.length, failed: this.#failed }
  }

  #batchRecords(): number {
    const { maxBatchRecords } = this.#facet
    const max =
      (typeof maxBatchRecords === 'function' ? maxBatchRecords(this.#input) : maxBatchRecords) ?? defaultBatchRecords
    const { batchRecords = max } = this.#options
    if (!Number.isInteger(batchRecords) || batchRecords < 1)
      throw invalidInput(`${this.#name}: batchRecords must be a whole number from 1.`)
    return Math.min(batchRecords, max)
  }

  /** The records that can be written; the others are failures of their own. */
  async #check(records: readonly unknown[], first: number): Promise<Pending[]> {
    const batch: Pending[] = []
    for (let offset = 0; offset < records.length; offset += 1) {
      const index = first + offset
      try {
        const parsed: unknown = validate(this.#facet.record, records[offset], 'record')
        const record: unknown = parsed instanceof Promise ? await parsed : parsed
        const key =
          this.#options.key?.(records[offset], index) ?? (this.#effect === 'keyed' ? crypto.randomUUID() : undefined)
        batch.push({ index, record, key })
      } catch (error) {
        this.#fail(index, error, false)
      }
    }
    return batch
  }

  /** Writes a batch; what fails in the end goes into the result. */
  async #writeBatch(batch: readonly Pending[]): Promise<void> {
    const state: BatchState = { pending: batch, reasons: undefined }
    try {
      await runCall(this.#runtime, {
        name: this.#name,
        effect: this.#effect,
        options: { signal: this.#options.signal, effect: this.#options.effect },
        run: (client, context) => this.#attempt(client, state, context),
      })
    } catch (error) {
      if (this.#options.signal?.aborted === true) throw error
      const { pending, reasons } = state
      if (reasons === undefined && this.#facet.atomic === true && pending.length > 1 && isPoison(error))
        return this.#bisect(pending)
      for (const { index } of pending) this.#fail(index, reasons?.get(index) ?? error, true)
    }
  }

  /** One attempt at a batch: records that failed for good are settled; it throws where some are worth another attempt. */
  async #attempt(client: unknown, state: BatchState, context: CallContext): Promise<void> {
    const { pending } = state
    state.reasons = undefined
    const keys = pending[0]?.key === undefined ? undefined : pending.map((one) => one.key ?? '')
    const records = pending.map((one) => one.record)
    const failures = (await this.#facet.write(client, records, this.#input, new BatchContext(context, keys))) ?? []
    const reasons = new Map<number, ConnectorError>()
    const again: Pending[] = []
    for (const failure of failures) {
      const one = pending[failure.index]
      if (one === undefined)
        throw new ConnectorError({
          code: 'internal',
          message: `${this.#name}: a failure names record ${failure.index}, which is not in the batch.`,
        })
      const error = toConnectorError(this.#runtime, this.#call(context.attempt, true), failure.error)
      if (!error.retryable) this.#fail(one.index, error, true)
      else {
        reasons.set(one.index, error)
        again.push(one)
      }
    }
    state.pending = again
    const [first] = reasons.values()
    if (first === undefined) return
    state.reasons = reasons
    throw first
  }

  async #bisect(pending: readonly Pending[]): Promise<void> {
    const middle = Math.ceil(pending.length / 2)
    await this.#writeBatch(pending.slice(0, middle))
    await this.#writeBatch(pending.slice(middle))
  }

  #fail(index: number, error: unknown, started: boolean): void {
    this.#failed.push({
      index,
      error: ConnectorError.is(error) ? error : toConnectorError(this.#runtime, this.#call(0, started), error),
    })
  }

  #call(attempts: number, started: boolean): FailedCall {
    return {
      name: this.#name,
      effect: this.#effect,
      idempotencyKey: undefined,
      started,
      attempts,
      callerSignal: undefined,
    }
  }
}

/** What is left of a batch, and why its last attempt left it, where that was record by record. */
interface BatchState {
  pending: readonly Pending[]
  reasons: ReadonlyMap<number, ConnectorError> | undefined
}

/** Refused as it is, with nothing applied: a part of the batch may still be good. */
function isPoison(error: unknown): boolean {
  return ConnectorError.is(error) && !error.transient && error.applied === 'no' && poisonCodes.has(error.code)
}

const poisonCodes = new Set(['invalid_input', 'conflict', 'already_exists', 'not_found'])

class BatchContext extends DelegatedContext implements WriteContext {
  readonly keys: readonly string[] | undefined

  constructor(context: CallContext, keys: readonly string[] | undefined) {
    super(context)
    this.keys = keys
  }
}
