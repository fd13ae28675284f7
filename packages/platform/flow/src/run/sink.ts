import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '@casare/resilience'
import { ConnectorError, type WriteOptions, type WriteResult } from '@casare/core'
import type { FlowEnd } from '../connectors/open-connections.ts'
import type { Travelling } from '../steps/step-chain.ts'

/** A record the sink refused for good. */
export interface Refused {
  readonly origin: number
  readonly error: ConnectorError
}

interface Writer {
  write(records: readonly unknown[], input: unknown, options: WriteOptions<unknown>): Promise<WriteResult>
}

const poison = new Set([
  'invalid_input',
  'already_exists',
  'conflict',
  'not_found',
  'outcome_unknown',
  'unsupported',
  'internal',
])

/**
 * Writes batches. What fails because the sink is down or busy is written again, with growing pauses, until `patienceMs` is
 * over: then the run ends, and nothing has been put aside that would have been fine an hour later.
 */
export class Sink {
  readonly #writer: Writer
  readonly #input: unknown
  readonly #batchSize: number
  readonly #patienceMs: number
  readonly #keyOf: ((origin: number) => string) | undefined

  constructor(
    end: FlowEnd & { readonly stream: string },
    input: unknown,
    options: {
      readonly batchSize: number
      readonly patienceMs: number
      readonly keyOf: ((origin: number) => string) | undefined
    },
  ) {
    this.#writer = end.connection[end.stream] as Writer
    this.#input = input
    this.#batchSize = options.batchSize
    this.#patienceMs = options.patienceMs
    this.#keyOf = options.keyOf
  }

  /** @returns the records refused for good. @throws the failure that outlasted the patience, or that no waiting mends. */
  async write(items: readonly Travelling[], signal: AbortSignal): Promise<Refused[]> {
    const refused: Refused[] = []
    let pending = items
    const until = performance.now() + this.#patienceMs
    for (let round = 1; pending.length > 0; round += 1) {
      const { again, reason } = await this.#once(pending, refused, signal)
      pending = again
      if (reason === undefined) continue
      if (performance.now() >= until) throw reason
      await pause(
        backoffMs(round, { capMs: 10_000, retryAfterMs: reason.retryAfterMs, overload: reason.overload }),
        undefined,
        { signal },
      )
    }
    return refused
  }

  async #once(
    items: readonly Travelling[],
    refused: Refused[],
    signal: AbortSignal,
  ): Promise<{ again: readonly Travelling[]; reason: ConnectorError | undefined }> {
    const keyOf = this.#keyOf
    let result: WriteResult
    try {
      result = await this.#writer.write(
        items.map(({ record }) => record),
        this.#input,
        {
          signal,
          batchRecords: this.#batchSize,
          ...(keyOf === undefined
            ? {}
            : { key: (_record: unknown, index: number) => keyOf(items[index]?.origin ?? -1) }),
        },
      )
    } catch (error) {
      if (ConnectorError.is(error) && error.transient && error.applied === 'no') return { again: items, reason: error }
      throw error
    }
    const common = missingTarget(result, items.length)
    if (common !== undefined) throw common
    const again: Travelling[] = []
    let reason: ConnectorError | undefined
    for (const { index, error } of result.failed) {
      const item = items[index]
      if (item === undefined) continue
      if (error.retryable) {
        again.push(item)
        reason ??= error
      } else if (poison.has(error.code)) refused.push({ origin: item.origin, error })
      // No rights, wrong password, a full disk: true of every record, so none of them is to blame.
      else throw error
    }
    return { again, reason }
  }
}

/** Where each of several records fails in the same words for want of something, it is the table or topic that is missing. */
function missingTarget({ failed }: WriteResult, count: number): ConnectorError | undefined {
  const error = failed[0]?.error
  if (error?.code !== 'not_found' || count < 2 || failed.length < count) return undefined
  return failed.every((one) => one.error.message === error.message) ? error : undefined
}
