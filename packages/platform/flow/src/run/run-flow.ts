import { setTimeout as pause } from 'node:timers/promises'
import { resolve } from 'node:path'
import { backoffMs } from '@casare/resilience'
import {
  basicSecretProviders,
  ConnectorError,
  isError,
  validate,
  type AnyRead,
  type AnyWrite,
  type Page,
  type Reading,
  type RequestLogLine,
  type SecretProviders,
} from '@casare/core'
import { openConnections, type FlowEnd } from '../connectors/open-connections.ts'
import { applyParameters } from '../definition/apply-parameters.ts'
import type { Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { StateStore } from '../state/state-store.ts'
import { StepChain, type StepResult } from '../steps/step-chain.ts'
import type { FlowProgress, FlowReport } from './flow-report.ts'
import { Identity } from './identity.ts'
import { PageHandler, type PageResult } from './page-handler.ts'
import { readAhead } from './read-ahead.ts'
import { RepeatFilter } from './repeat-filter.ts'
import { Sink } from './sink.ts'

const defaults = { batchSize: 1_000, maxInFlight: 2, patienceMs: 300_000 }

/** Options of a run. */
export interface RunOptions {
  /** Values of the flow's parameters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Further providers of secrets, by the name in `secret://NAME/…`. */
  readonly secretProviders?: SecretProviders | undefined
  /** Stops softly: the pages on their way are written and checkpointed, then the run ends as `stopped`. */
  readonly signal?: AbortSignal | undefined
  /** Told of the progress after each page. */
  readonly onProgress?: ((progress: FlowProgress) => void) | undefined
  /** One line per attempt at either end. */
  readonly log?: ((line: RequestLogLine) => void) | undefined
  /** Starts over, whatever the state says; dead letters stay. */
  readonly restart?: boolean | undefined
  /** Path of the state file. Default: what the flow says. */
  readonly statePath?: string | undefined
  /** The key of the state file's payloads. Default: the environment's `CASARE_STATE_KEY`, else a key file. */
  readonly stateKey?: string | undefined
}

/** Path of the state file of a flow. */
export function statePathOf(flow: Flow): string {
  return resolve(flow.source.folder, flow.definition.state ?? '.casare/state.db')
}

/**
 * Runs a flow until its source has no more, or until it is asked to stop. Delivery is at least once; with an idempotent or
 * keyed sink the effect is once. A process that is killed goes on where its last checkpoint is.
 * @throws `invalid_input` for a mistake in the flow, `conflict` where it is running already, else the failure of an end that
 * outlasted the flow's patience.
 */
export async function runFlow(flow: Flow, options: RunOptions = {}): Promise<FlowReport> {
  const filled = applyParameters(flow, options.parameters)
  const state = StateStore.open(options.statePath ?? statePathOf(filled), options.stateKey)
  try {
    const release = state.lease(filled.definition.flow)
    try {
      return await new FlowRun(filled, state, options).run()
    } finally {
      release()
    }
  } finally {
    state.close()
  }
}

/** Providers of a flow's secrets: the environment, declared folders, and what the host adds. */
export function secretProvidersOf(flow: Flow, further: SecretProviders = {}): SecretProviders {
  return { ...basicSecretProviders({ folders: flow.definition.secretFolders, base: flow.source.folder }), ...further }
}

class FlowRun {
  readonly #flow: Flow
  readonly #state: StateStore
  readonly #options: RunOptions
  readonly #startedAt = performance.now()
  readonly #totals = { read: 0, written: 0, skipped: 0, retried: 0, deadLettered: 0 }
  /** Ends what must not go on when the run fails. */
  readonly #abort = new AbortController()
  /** Ends reading: the run has failed, or was asked to stop. */
  readonly #stopReading: AbortSignal

  constructor(flow: Flow, state: StateStore, options: RunOptions) {
    this.#flow = flow
    this.#state = state
    this.#options = options
    const { signal } = options
    this.#stopReading = AbortSignal.any([this.#abort.signal, ...(signal === undefined ? [] : [signal])])
  }

  get #name(): string {
    return this.#flow.definition.flow
  }

  async run(): Promise<FlowReport> {
    const { definition, source } = this.#flow
    const connections = await openConnections(
      this.#flow,
      secretProvidersOf(this.#flow, this.#options.secretProviders),
      (line) => this.#log(line),
    )
    try {
      const from = connections.end(definition.read.from, ['read', 'from'])
      const to = connections.end(definition.write.to, ['write', 'to'])
      const steps = await StepChain.create(this.#flow)
      try {
        const complete = await this.#move(from, to, steps)
        return this.#report(complete)
      } finally {
        await steps.close()
      }
    } catch (error) {
      throw ConnectorError.is(error, 'invalid_input') && source.file !== undefined && !error.message.includes(': ')
        ? flowProblem(source, [], error.message, error)
        : error
    } finally {
      this.#abort.abort()
      await connections.close()
    }
  }

  /** Moves everything there is; true where the source has no more. */
  async #move(
    from: FlowEnd & { readonly stream: string },
    to: FlowEnd & { readonly stream: string },
    steps: StepChain,
  ): Promise<boolean> {
    const { definition } = this.#flow
    const { batchSize = defaults.batchSize, maxInFlight = defaults.maxInFlight, limits } = definition
    const reads = this.#facet<AnyRead>(from, 'read', ['read', 'from'])
    const writes = this.#facet<AnyWrite>(to, 'write', ['write', 'to'])
    const readInput: unknown = await this.#input(reads.input, definition.read.input, ['read', 'input'])
    const writeInput: unknown = await this.#input(writes.input, definition.write.input, ['write', 'input'])
    const effect = typeof writes.effect === 'function' ? writes.effect(writeInput) : writes.effect
    const page: { records: readonly unknown[] } = { records: [] }
    const identity = new Identity(this.#name, reads, readInput)
    const patienceMs = limits?.patienceMs ?? defaults.patienceMs
    const keyOf =
      effect === 'keyed' ? (origin: number): string => identity.key(page.records[origin], 'write') : undefined
    const sink = new Sink(to, definition.write.input ?? {}, { batchSize, patienceMs, keyOf })
    const handler = new PageHandler(this.#state, this.#name, sink, identity, this.#abort.signal)

    const start = this.#start(definition.read.mode ?? 'incremental')
    // Source, steps and sink work at the same time, each at most so many pages ahead of the next.
    const pages = readAhead(this.#pages(from, start, patienceMs), maxInFlight)
    const repeats = reads.identify === undefined ? undefined : new RepeatFilter(identity)
    for await (const { next, read, steps: stepped } of readAhead(stepPages(pages, steps, repeats), steps.ahead)) {
      page.records = next.records
      const done = await handler.handle(next, read, await stepped)
      this.#add(done, read)
      if (this.#options.signal?.aborted === true) return false
    }
    if (this.#options.signal?.aborted === true) return false
    handler.finish()
    return true
  }

  /** Pages of the source; one that is down is asked again, with growing pauses, until the patience is over. */
  async *#pages(
    from: FlowEnd & { readonly stream: string },
    start: unknown,
    patienceMs: number,
  ): AsyncIterableIterator<Page<unknown, unknown>> {
    const { read } = this.#flow.definition
    const stream = from.connection[from.stream] as { read(input: unknown, options: object): Reading<unknown, unknown> }
    let cursor = start
    let failures = 0
    let downSince = 0
    for (;;) {
      try {
        for await (const page of stream
          .read(read.input ?? {}, { cursor, pageSize: read.pageSize, signal: this.#stopReading })
          .pages()) {
          cursor = page.cursor
          failures = 0
          yield page
          if (this.#options.signal?.aborted === true) return
        }
        return
      } catch (error) {
        // Asked to stop: a page that is still on its way is not needed, reading it changed nothing.
        if (this.#options.signal?.aborted === true) return
        if (!ConnectorError.is(error) || !error.transient || this.#abort.signal.aborted) throw error
        if (failures === 0) downSince = performance.now()
        failures += 1
        if (performance.now() - downSince >= patienceMs) throw error
        const pauseMs = backoffMs(failures, {
          capMs: 10_000,
          retryAfterMs: error.retryAfterMs,
          overload: error.overload,
        })
        if (!(await this.#pause(pauseMs))) return
      }
    }
  }

  /** Waits; false where the run was asked to stop meanwhile. */
  async #pause(pauseMs: number): Promise<boolean> {
    return pause(pauseMs, true, { signal: this.#stopReading }).catch(() => false)
  }

  /** The cursor to start from. */
  #start(mode: 'incremental' | 'full'): unknown {
    if (this.#options.restart === true) this.#state.restart(this.#name)
    const known = this.#state.get(this.#name)
    if (known === undefined || (mode === 'full' && known.complete)) return undefined
    return known.cursor
  }

  #facet<F>(end: FlowEnd & { readonly stream: string }, kind: 'read' | 'write', path: readonly string[]): F {
    const facet = end.spec.streams?.[end.stream]?.[kind] as F | undefined
    if (facet === undefined || facet === null)
      throw flowProblem(this.#flow.source, path, `the stream ${end.stream} of ${end.spec.name} cannot ${kind}.`)
    return facet
  }

  async #input(schema: AnyRead['input'], value: unknown, path: readonly string[]): Promise<unknown> {
    try {
      return await validate(schema, value ?? {}, 'input')
    } catch (error) {
      throw flowProblem(
        this.#flow.source,
        path,
        isError(error) ? error.message.replace(/^input: /, '') : String(error),
        error,
      )
    }
  }

  #log(line: RequestLogLine): void {
    if (line.attempt > 1) this.#totals.retried += 1
    this.#options.log?.(line)
  }

  #add(done: PageResult, read: number): void {
    this.#totals.read += read
    this.#totals.written += done.written
    this.#totals.skipped += done.skipped
    this.#totals.deadLettered += done.deadLettered
    this.#options.onProgress?.(this.#progress())
  }

  #progress(): FlowProgress {
    return { flow: this.#name, ...this.#totals, elapsedMs: performance.now() - this.#startedAt }
  }

  #report(complete: boolean): FlowReport {
    return {
      ...this.#progress(),
      outcome: complete ? 'complete' : 'stopped',
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      deadLettersOpen: this.#state.deadLetters.count(this.#name),
    }
  }
}

/** Takes pages, without what the source repeats, through the steps, in order; a page need not be through when the next begins. */
async function* stepPages(
  pages: AsyncIterable<Page<unknown, unknown>>,
  steps: StepChain,
  repeats: RepeatFilter | undefined,
): AsyncIterableIterator<{ next: Page<unknown, unknown>; read: number; steps: Promise<StepResult> }> {
  for await (const page of pages) {
    const records = repeats?.next(page.records) ?? page.records
    const repeated = page.records.length - records.length
    const stepped = steps
      .apply(records)
      .then(({ passed, failed, skipped }) => ({ passed, failed, skipped: skipped + repeated }))
    // Its failure comes when it is this page's turn.
    stepped.catch(() => undefined)
    yield { next: { ...page, records }, read: page.records.length, steps: stepped }
  }
}
