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
  /** Number of the batch in work, and of the record in it: the thread writes them, the watch reads them. */
  readonly #progress = new Int32Array(new SharedArrayBuffer(8))
  readonly #outstanding: Outstanding[] = []
  #worker: Worker | undefined
  #starting: Promise<void> | undefined
  #watch: NodeJS.Timeout | undefined
  #batches = 0

  constructor(expression: string, limitMs: number) {
    this.#expression = expression
    this.#limitMs = limitMs
  }

  /** @throws JsonataSyntaxError where the expression is none. */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined))
    return this.#starting
  }

  async #start(): Promise<void> {
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
    worker.on('message', (response: JsonataResponse) => this.#answered(response))
    worker.on('error', (error: Error) => this.#ended(worker, error.message))
    worker.on('exit', () => this.#ended(worker, 'the thread has ended'))
    this.#worker = worker
  }

  /** An outcome for each record, in order. Batches may be handed in while others are in work: the thread never idles. */
  async evaluate(records: readonly unknown[]): Promise<JsonataOutcome[]> {
    const outcomes: JsonataOutcome[] = []
    while (outcomes.length < records.length) {
      if (this.#worker === undefined) await this.start()
      const rest = records.slice(outcomes.length)
      const done = await this.#batch(rest)
      if ('outcomes' in done) return [...outcomes, ...done.outcomes]
      // Its thread ended over a record of another batch.
      if ('again' in done) continue
      // What came before the culprit has been lost with the thread: it is done again, without it.
      const before = done.culprit === 0 ? [] : await this.evaluate(rest.slice(0, done.culprit))
      outcomes.push(...before, { failure: done.reason })
    }
    return outcomes
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    clearInterval(this.#watch)
    await worker?.terminate()
  }

  #batch(records: readonly unknown[]): Promise<BatchResult> {
    const worker = this.#worker
    if (worker === undefined) return Promise.resolve({ again: true })
    const batch = (this.#batches += 1)
    try {
      worker.postMessage({ batch, records } satisfies JsonataRequest)
    } catch (error) {
      // Something in the records cannot be copied to the thread; the first of them stands for it.
      return Promise.resolve({ culprit: 0, reason: (error as Error).message })
    }
    if (this.#outstanding.length === 0) {
      worker.ref()
      this.#watch = this.#watchOver(worker)
    }
    return new Promise((resolve) => this.#outstanding.push({ batch, resolve }))
  }

  #answered(response: JsonataResponse): void {
    if (!('outcomes' in response)) return
    const [first] = this.#outstanding
    if (first?.batch !== response.batch) return
    this.#outstanding.shift()
    if (this.#outstanding.length === 0) {
      clearInterval(this.#watch)
      this.#worker?.unref()
    }
    first.resolve({ outcomes: response.outcomes })
  }

  /** The thread is lost, and with it every batch that it had: one has the culprit, the others are done again. */
  #ended(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    clearInterval(this.#watch)
    void worker.terminate()
    const lost = this.#outstanding.splice(0)
    const inWork = Atomics.load(this.#progress, 0)
    const guilty = lost.find(({ batch }) => batch === inWork)
    const culprit = guilty === undefined ? 0 : Atomics.load(this.#progress, 1)
    for (const one of lost) one.resolve(one === (guilty ?? lost[0]) ? { culprit, reason } : { again: true })
  }

  /** Ends the thread once the same record has been in work for longer than it may. */
  #watchOver(worker: Worker): NodeJS.Timeout {
    let seen = ''
    let since = performance.now()
    return setInterval(
      () => {
        const current = `${Atomics.load(this.#progress, 0)}/${Atomics.load(this.#progress, 1)}`
        if (current !== seen) {
          seen = current
          since = performance.now()
        } else if (performance.now() - since > this.#limitMs)
          this.#ended(worker, `it ran for more than ${this.#limitMs} ms`)
      },
      Math.min(50, this.#limitMs),
    )
  }
}

interface Outstanding {
  readonly batch: number
  readonly resolve: (result: BatchResult) => void
}

/** Outcomes of a batch, the record that ended its thread, or neither, where another batch ended it. */
type BatchResult =
  | { readonly outcomes: readonly JsonataOutcome[] }
  | { readonly culprit: number; readonly reason: string }
  | { readonly again: true }
