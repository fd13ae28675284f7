import type { Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { compileFields } from './compile-fields.ts'
import { JsonataEvaluator, JsonataSyntaxError } from './jsonata-evaluator.ts'
import { stepError } from './step-error.ts'

/** A record on its way, with its place on the page it came from. */
export interface Travelling {
  readonly origin: number
  readonly record: unknown
}

/** What became of a page. */
export interface StepResult {
  readonly passed: readonly Travelling[]
  readonly failed: readonly { readonly origin: number; readonly error: unknown }[]
  /** Records left out by `filter` or `map`. */
  readonly skipped: number
}

type Step = (
  items: readonly Travelling[],
  failed: { origin: number; error: unknown }[],
) => readonly Travelling[] | Promise<readonly Travelling[]>

/** The steps of a flow in their order: filter, fields, map, validate. */
export class StepChain {
  readonly #steps: readonly Step[]
  readonly #evaluators: readonly JsonataEvaluator[]

  private constructor(steps: readonly Step[], evaluators: readonly JsonataEvaluator[]) {
    this.#steps = steps
    this.#evaluators = evaluators
  }

  /** @throws `invalid_input`, with file, line and field, for a step that cannot be compiled. */
  static async create(flow: Flow): Promise<StepChain> {
    const { filter, fields, map, validate, limits } = flow.definition
    const evaluators: JsonataEvaluator[] = []
    const evaluator = async (name: 'filter' | 'map', expression: string): Promise<JsonataEvaluator> => {
      const created = new JsonataEvaluator(expression, limits?.expressionMs ?? 1_000)
      try {
        await created.start()
      } catch (error) {
        if (!(error instanceof JsonataSyntaxError)) throw error
        throw flowProblem(
          flow.source,
          [name],
          `this is not valid JSONata${error.position === undefined ? '' : ` (at character ${error.position})`}: ${error.message}`,
          error,
        )
      }
      evaluators.push(created)
      return created
    }
    const steps: Step[] = []
    try {
      if (typeof filter === 'string') steps.push(jsonataFilter(await evaluator('filter', filter)))
      else if (filter !== undefined)
        steps.push(perRecord('filter', (record) => (filter(record as never) ? record : undefined)))
      if (fields !== undefined)
        steps.push(perRecord('fields', compileFields(fields, flow) as (record: unknown) => unknown))
      if (typeof map === 'string') steps.push(jsonataMap(await evaluator('map', map)))
      else if (map !== undefined) steps.push(perRecord('map', (record) => map(record as never)))
      if (validate !== undefined) {
        // Loaded where it is needed: its regular expressions weigh more than the rest of the flow.
        const { compileValidator } = await import('./compile-validator.ts')
        steps.push(validation(compileValidator(validate, flow)))
      }
    } catch (error) {
      await Promise.all(evaluators.map((one) => one.close()))
      throw error
    }
    return new StepChain(steps, evaluators)
  }

  /**
   * Pages to be at, or done with, while one is written: JSONata's thread always has its next one; steps of this thread gain
   * nothing by being early.
   */
  get ahead(): number {
    return this.#evaluators.length > 0 ? 2 : 0
  }

  async apply(records: readonly unknown[]): Promise<StepResult> {
    const failed: { origin: number; error: unknown }[] = []
    let items: readonly Travelling[] = records.map((record, origin) => ({ origin, record }))
    for (const step of this.#steps) items = await step(items, failed)
    return { passed: items, failed, skipped: records.length - items.length - failed.length }
  }

  async close(): Promise<void> {
    await Promise.all(this.#evaluators.map((one) => one.close()))
  }
}

/** A function for each record; nothing or null leaves the record out. */
function perRecord(name: string, act: (record: unknown) => unknown): Step {
  const run = (
    items: readonly Travelling[],
    failed: { origin: number; error: unknown }[],
  ): readonly Travelling[] | Promise<readonly Travelling[]> => {
    const kept: Travelling[] = []
    const pending: Promise<void>[] = []
    const keep = (origin: number, result: unknown): void => {
      if (result !== undefined && result !== null) kept.push({ origin, record: result })
    }
    const fail = (origin: number, error: unknown): void => void failed.push({ origin, error: asStepError(name, error) })
    for (const { origin, record } of items) {
      try {
        const result = act(record)
        if (result instanceof Promise)
          pending.push(result.then((settled) => keep(origin, settled)).catch((error: unknown) => fail(origin, error)))
        else keep(origin, result)
      } catch (error) {
        fail(origin, error)
      }
    }
    if (pending.length === 0) return kept
    return Promise.all(pending).then(() => kept.sort((a, b) => a.origin - b.origin))
  }
  return run
}

function asStepError(name: string, error: unknown): unknown {
  const message = (error as { message?: string } | undefined)?.message ?? String(error)
  return (error as { name?: string } | undefined)?.name === 'ConnectorError' ? error : stepError(name, message, error)
}

function jsonataMap(evaluator: JsonataEvaluator): Step {
  return async (items, failed) => {
    const outcomes = await evaluator.evaluate(items.map(({ record }) => record))
    return items.flatMap(({ origin }, index) => {
      const outcome = outcomes[index]
      if (outcome === undefined || 'failure' in outcome) {
        failed.push({ origin, error: stepError('map', outcome?.failure ?? 'no result') })
        return []
      }
      const { value } = outcome
      return value === undefined || value === null ? [] : [{ origin, record: value }]
    })
  }
}

function jsonataFilter(evaluator: JsonataEvaluator): Step {
  return async (items, failed) => {
    const outcomes = await evaluator.evaluate(items.map(({ record }) => record))
    return items.filter(({ origin }, index) => {
      const outcome = outcomes[index]
      if (outcome !== undefined && 'value' in outcome) return Boolean(outcome.value)
      failed.push({ origin, error: stepError('filter', outcome?.failure ?? 'no result') })
      return false
    })
  }
}

function validation(check: (record: unknown) => Error | undefined): Step {
  return (items, failed) =>
    items.filter(({ origin, record }) => {
      const error = check(record)
      if (error !== undefined) failed.push({ origin, error })
      return error === undefined
    })
}
