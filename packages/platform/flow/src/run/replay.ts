import { setTimeout as pause } from 'node:timers/promises'
import { ConnectorError, isError, validate, type AnyWrite, type SecretProviders } from '@casare/core'
import { openConnections } from '../connectors/open-connections.ts'
import { applyParameters } from '../definition/apply-parameters.ts'
import type { Flow } from '../definition/flow-definition.ts'
import type { DeadLetter } from '../state/dead-letters.ts'
import { StateStore } from '../state/state-store.ts'
import { StepChain } from '../steps/step-chain.ts'
import { secretProvidersOf, statePathOf } from './run-flow.ts'
import { Sink } from './sink.ts'

/** Options of a replay. */
export interface ReplayOptions {
  /** Only these dead letters. Default: all that are open. */
  readonly ids?: readonly number[] | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
  readonly secretProviders?: SecretProviders | undefined
  readonly statePath?: string | undefined
  readonly stateKey?: string | undefined
  /** Stops before the next dead letter. */
  readonly signal?: AbortSignal | undefined
  /** Runs the steps and writes nothing. */
  readonly dryRun?: boolean | undefined
  /** Stops after this many failures, 1 to 1,000,000. Default 10. */
  readonly maxFailures?: number | undefined
  /** Records per second at most. Default 100. */
  readonly perSecond?: number | undefined
}

/** What became of a dead letter in a replay. */
export interface ReplayOutcome {
  readonly id: number
  readonly outcome: 'replayed' | 'would replay' | 'skipped' | 'refused' | 'failed'
  readonly reason?: string | undefined
}

/**
 * Takes dead letters through the flow again, as they were read, with the same keys. One whose record has passed in a newer
 * version since is refused: replaying it would undo the newer one.
 */
export async function replayDeadLetters(flow: Flow, options: ReplayOptions = {}): Promise<ReplayOutcome[]> {
  const filled = applyParameters(flow, options.parameters)
  const state = StateStore.open(options.statePath ?? statePathOf(filled), options.stateKey)
  try {
    const release = state.lease(filled.definition.flow)
    try {
      return await replayAll(filled, state, options)
    } finally {
      release()
    }
  } finally {
    state.close()
  }
}

async function replayAll(flow: Flow, state: StateStore, options: ReplayOptions): Promise<ReplayOutcome[]> {
  const { definition } = flow
  const { ids, maxFailures = 10, perSecond = 100 } = options
  const letters =
    ids === undefined
      ? state.deadLetters.list({ flow: definition.flow, limit: 1_000_000 })
      : ids.map((id) => state.deadLetters.get(id))
  const connections = await openConnections(flow, secretProvidersOf(flow, options.secretProviders), undefined)
  const steps = await StepChain.create(flow)
  const outcomes: ReplayOutcome[] = []
  let failures = 0
  try {
    const to = connections.end(definition.write.to, ['write', 'to'])
    const writes = to.spec.streams?.[to.stream]?.write as AnyWrite
    const input: unknown = await validate(writes.input, definition.write.input ?? {}, 'write.input')
    const keyed = (typeof writes.effect === 'function' ? writes.effect(input) : writes.effect) === 'keyed'
    for (const letter of letters) {
      if (outcomes.length > 0) await pause(1000 / perSecond)
      if (options.signal?.aborted === true) break
      const sink = new Sink(to, definition.write.input ?? {}, {
        batchSize: 1,
        patienceMs: 0,
        keyOf: keyed ? () => letter.key : undefined,
      })
      const outcome = await replayOne(letter, state, steps, sink, options.dryRun === true)
      outcomes.push(outcome)
      if (outcome.outcome === 'failed') failures += 1
      if (failures >= maxFailures) break
    }
    return outcomes
  } finally {
    await steps.close()
    await connections.close()
  }
}

async function replayOne(
  letter: DeadLetter,
  state: StateStore,
  steps: StepChain,
  sink: Sink,
  dryRun: boolean,
): Promise<ReplayOutcome> {
  const { id } = letter
  if (letter.status === 'superseded')
    return { id, outcome: 'refused', reason: 'A newer record of the same key has passed since.' }
  if (letter.status === 'replayed') return { id, outcome: 'refused', reason: 'It was replayed before.' }
  try {
    const { passed, failed, skipped } = await steps.apply([state.deadLetters.payload(id)])
    const [broken] = failed
    if (broken !== undefined) throw broken.error
    if (dryRun) return { id, outcome: skipped > 0 ? 'skipped' : 'would replay' }
    const [refused] = await sink.write(passed, new AbortController().signal)
    if (refused !== undefined) throw refused.error
    state.deadLetters.settle(id, 'replayed')
    return { id, outcome: skipped > 0 ? 'skipped' : 'replayed' }
  } catch (error) {
    if (ConnectorError.is(error, 'cancelled')) throw error
    return { id, outcome: 'failed', reason: isError(error) ? error.message : String(error) }
  }
}
