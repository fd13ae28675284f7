import { resolve } from 'node:path'
import {
  basicSecretProviders,
  ConnectorError,
  isError,
  validate,
  type AnyListen,
  type AnyRead,
  type AnyWrite,
  type RequestLogLine,
  type SecretProviders,
} from '@casare/core'
import { openConnections, type FlowEnd } from '../connectors/open-connections.ts'
import { applyParameters } from '../definition/apply-parameters.ts'
import type { Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { sourceOf } from '../definition/source-of.ts'
import { StateStore } from '../state/state-store.ts'
import { StepChain } from '../steps/step-chain.ts'
import type { FlowProgress, FlowReport } from './flow-report.ts'
import { moveEvents, type EventSource } from './move-events.ts'
import { movePages, type PageSource } from './move-pages.ts'
import type { PageResult } from './page-handler.ts'
import type { RunContext } from './run-context.ts'
import { Sink } from './sink.ts'

type StreamEnd = FlowEnd & { readonly stream: string }

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
 * Runs a flow until its source has no more (one that listens: until nothing came for `idleMs`), or until it is asked to stop. Delivery is at least once; with an idempotent or
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
      const { end, path } = sourceOf(definition)
      const from = connections.end(end.from, [...path, 'from'])
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

  /** Moves what there is; true where there was no more, false where the run was asked to stop. */
  async #move(from: StreamEnd, to: StreamEnd, steps: StepChain): Promise<boolean> {
    const source = sourceOf(this.#flow.definition)
    const context = await this.#context(to, steps)
    if (source.kind === 'listen') {
      const listens = this.#facet<AnyListen>(from, source.kind, [...source.path, 'from'])
      await this.#input(listens.input, source.end.input, [...source.path, 'input'])
      const stream = from.connection[from.stream] as EventSource['stream']
      return moveEvents(context, { stream, listen: source.end })
    }
    const reads = this.#facet<AnyRead>(from, source.kind, [...source.path, 'from'])
    const input = await this.#input(reads.input, source.end.input, [...source.path, 'input'])
    const stream = from.connection[from.stream] as PageSource['stream']
    const start = this.#start(source.end.mode ?? 'incremental')
    return movePages(context, { stream, read: source.end, start }, { reads, input })
  }

  async #context(to: StreamEnd, steps: StepChain): Promise<RunContext> {
    const { batchSize = defaults.batchSize, maxInFlight = defaults.maxInFlight, limits, write } = this.#flow.definition
    const patienceMs = limits?.patienceMs ?? defaults.patienceMs
    const writes = this.#facet<AnyWrite>(to, 'write', ['write', 'to'])
    const input: unknown = await this.#input(writes.input, write.input, ['write', 'input'])
    const keyed = (typeof writes.effect === 'function' ? writes.effect(input) : writes.effect) === 'keyed'
    return {
      name: this.#name,
      state: this.#state,
      steps,
      batchSize,
      maxInFlight,
      patienceMs,
      sink: (keyOf) => new Sink(to, write.input ?? {}, { batchSize, patienceMs, keyOf: keyed ? keyOf : undefined }),
      aborted: this.#abort.signal,
      stopReading: this.#stopReading,
      isStopping: () => this.#options.signal?.aborted === true,
      add: (done, read) => this.#add(done, read),
    }
  }

  /** The cursor to start from. */
  #start(mode: 'incremental' | 'full'): unknown {
    if (this.#options.restart === true) this.#state.restart(this.#name)
    const known = this.#state.get(this.#name)
    if (known === undefined || (mode === 'full' && known.complete)) return undefined
    return known.cursor
  }

  #facet<F>(end: StreamEnd, kind: 'read' | 'listen' | 'write', path: readonly string[]): F {
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
