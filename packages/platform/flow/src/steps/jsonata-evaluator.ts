import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { JsonataOutcome, JsonataRequest, JsonataResponse } from './jsonata-protocol.ts'

const worstMemoryMib = 512

/** An expression that is no JSONata, with the place where it ends to be. */
export class JsonataSyntaxError extends Error {
  readonly position: number | undefined

  constructor(message: string, position: number | undefined) {
    super(message)
    this.position = position
  }
}

/**
 * Evaluates a JSONata expression in a thread of its own. JSONata's own limits cost time at each step and do not stop
 * everything, so they are off: a record that runs over its time ends the thread; that record fails, the others go on in a new one.
 */
export class JsonataEvaluator {
  readonly #expression: string
  readonly #limitMs: number
  readonly #progress = new Int32Array(new SharedArrayBuffer(4))
  #worker: Worker | undefined
  #settle: ((result: BatchResult) => void) | undefined

  constructor(expression: string, limitMs: number) {
    this.#expression = expression
    this.#limitMs = limitMs
  }

  /** @throws JsonataSyntaxError where the expression is none. */
  async start(): Promise<void> {
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./jsonata-worker.${ending}`, import.meta.url), {
      workerData: { expression: this.#expression, progress: this.#progress },
      resourceLimits: { maxOldGenerationSizeMb: worstMemoryMib },
      // Expressions come from files: this thread sees no environment.
      env: {},
    })
    const [first] = (await once(worker, 'message')) as [JsonataResponse]
    if ('broken' in first) {
      await worker.terminate()
      throw new JsonataSyntaxError(first.broken, first.position)
    }
    worker.unref()
    worker.on('message', (response: JsonataResponse) => this.#settle?.(response as BatchResult))
    worker.on('error', (error: Error) => this.#settle?.(this.#culprit(error.message)))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#settle?.(this.#culprit('the thread has ended'))
    })
    this.#worker = worker
  }

  /** An outcome for each record, in order. */
  async evaluate(records: readonly unknown[]): Promise<JsonataOutcome[]> {
    const outcomes: JsonataOutcome[] = []
    while (outcomes.length < records.length) {
      if (this.#worker === undefined) await this.start()
      const rest = records.slice(outcomes.length)
      const done = await this.#batch(rest)
      if ('outcomes' in done) return [...outcomes, ...done.outcomes]
      // What came before the culprit has been lost with the thread: it is done again, without it.
      const before = done.culprit === 0 ? [] : await this.evaluate(rest.slice(0, done.culprit))
      outcomes.push(...before, { failure: done.reason })
    }
    return outcomes
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
  }

  /** One batch in the thread; a watch on the record in work ends it where that takes too long. */
  #batch(records: readonly unknown[]): Promise<BatchResult> {
    const worker = this.#worker
    if (worker === undefined) return Promise.resolve({ culprit: 0, reason: 'the thread has ended' })
    Atomics.store(this.#progress, 0, 0)
    return new Promise((resolve) => {
      const watch = this.#watch()
      this.#settle = (result) => {
        this.#settle = undefined
        clearInterval(watch)
        worker.unref()
        if ('culprit' in result) {
          this.#worker = undefined
          void worker.terminate()
        }
        resolve(result)
      }
      worker.ref()
      try {
        worker.postMessage({ records } satisfies JsonataRequest)
      } catch (error) {
        // Something in the records cannot be copied to the thread; the first of them stands for it.
        this.#settle({ culprit: 0, reason: (error as Error).message })
      }
    })
  }

  /** Ends the batch once the same record has been in work for longer than it may. */
  #watch(): NodeJS.Timeout {
    let seen = -1
    let since = performance.now()
    return setInterval(
      () => {
        const current = Atomics.load(this.#progress, 0)
        if (current !== seen) {
          seen = current
          since = performance.now()
        } else if (performance.now() - since > this.#limitMs)
          this.#settle?.(this.#culprit(`it ran for more than ${this.#limitMs} ms`))
      },
      Math.min(50, this.#limitMs),
    )
  }

  #culprit(reason: string): BatchResult {
    return { culprit: Atomics.load(this.#progress, 0), reason }
  }
}

/** Outcomes of a batch, or the record that ended its thread. */
type BatchResult =
  { readonly outcomes: readonly JsonataOutcome[] } | { readonly culprit: number; readonly reason: string }
