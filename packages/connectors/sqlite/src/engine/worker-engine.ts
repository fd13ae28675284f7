import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ConnectorError } from '@casare/core'
import type { Engine, EngineOptions, ExecuteResult, SqliteRow, SqliteValue, Statement } from './engine.ts'

/** A call to the engine in the worker. */
export interface WorkerRequest {
  readonly id: number
  readonly method: 'query' | 'execute' | 'batch' | 'executeMany' | 'isReadOnly' | 'close'
  readonly input: readonly unknown[]
}

export type WorkerResponse =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly failure: { readonly message: string; readonly code: string | undefined } }

/** What the worker is started with; `interrupt[0]` is the id of the call that shall end at its next row. */
export interface WorkerData {
  readonly options: EngineOptions
  readonly interrupt: Int32Array
}

/** The engine in a thread of its own. Calls are answered in their order. */
export class WorkerEngine implements Engine {
  readonly #worker: Worker
  readonly #interrupt: Int32Array
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: unknown) => void }>()
  #lastId = 0
  #gone: Error | undefined

  private constructor(worker: Worker, interrupt: Int32Array) {
    this.#worker = worker
    this.#interrupt = interrupt
    worker.on('message', (response: WorkerResponse) => this.#settle(response))
    worker.on('error', (error: Error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the thread has ended')))
    worker.unref()
  }

  static async start(options: EngineOptions): Promise<WorkerEngine> {
    const interrupt = new Int32Array(new SharedArrayBuffer(4))
    // Sources run as they are in development; what is published is JavaScript.
    const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const worker = new Worker(new URL(`./worker.${ending}`, import.meta.url), {
      workerData: { options, interrupt } satisfies WorkerData,
    })
    const [first] = (await once(worker, 'message')) as [WorkerResponse]
    if ('failure' in first) throw revive(first.failure)
    return new WorkerEngine(worker, interrupt)
  }

  /** An abort acts between two rows, and the deadline does, because it aborts the signal. */
  query(statement: Statement, _interrupt: unknown, { signal }: { readonly signal: AbortSignal }): Promise<SqliteRow[]> {
    const id = this.#lastId + 1
    const stop = (): void => void Atomics.store(this.#interrupt, 0, id)
    signal.addEventListener('abort', stop, { once: true })
    return this.#call<SqliteRow[]>('query', statement).finally(() => signal.removeEventListener('abort', stop))
  }

  execute(statement: Statement): Promise<ExecuteResult> {
    return this.#call('execute', statement)
  }

  batch(statements: readonly Statement[]): Promise<ExecuteResult[]> {
    return this.#call('batch', statements)
  }

  executeMany(text: string, rows: readonly (readonly SqliteValue[])[]): Promise<number> {
    return this.#call('executeMany', text, rows)
  }

  isReadOnly(text: string): Promise<boolean> {
    return this.#call('isReadOnly', text)
  }

  async close(): Promise<void> {
    if (this.#gone === undefined) await this.#call('close').catch(() => undefined)
    await this.#worker.terminate()
  }

  #call<T>(method: WorkerRequest['method'], ...input: readonly unknown[]): Promise<T> {
    if (this.#gone !== undefined) return Promise.reject(this.#lost('no'))
    this.#lastId += 1
    const request: WorkerRequest = { id: this.#lastId, method, input }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject })
      this.#worker.ref()
      this.#worker.postMessage(request)
    })
  }

  #settle(response: WorkerResponse): void {
    const waiting = this.#waiting.get(response.id)
    this.#waiting.delete(response.id)
    // Keeps the process alive only while something is under way.
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('failure' in response) waiting?.reject(revive(response.failure))
    else waiting?.resolve(response.output as never)
  }

  #fail(error: Error): void {
    this.#gone ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#lost('maybe'))
    this.#waiting.clear()
  }

  #lost(applied: 'no' | 'maybe'): ConnectorError {
    return new ConnectorError({
      code: 'unavailable',
      applied,
      transient: false,
      message: `The SQLite worker is gone: ${this.#gone?.message ?? 'unknown'}.`,
    })
  }
}

function revive({ message, code }: { readonly message: string; readonly code: string | undefined }): Error {
  return Object.assign(new Error(message), { name: 'SqliteError', code })
}
