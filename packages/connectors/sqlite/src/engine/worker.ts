import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import type { Statement } from './engine.ts'
import { LocalEngine } from './local-engine.ts'
import type { WorkerData, WorkerRequest, WorkerResponse } from './worker-engine.ts'

/** Serves one local engine to the thread that started it. */
function serve({ options, interrupt }: WorkerData): void {
  const port = parentPort
  if (port === null) return
  const send = (response: WorkerResponse): void => port.postMessage(response)
  try {
    const engine = new LocalEngine(Database, options)
    port.on('message', (request: WorkerRequest) => send(answer(engine, request, interrupt)))
    send({ id: 0, output: undefined })
  } catch (error) {
    send({ id: 0, failure: failureOf(error) })
  }
}

function answer(engine: LocalEngine, { id, method, input }: WorkerRequest, interrupt: Int32Array): WorkerResponse {
  try {
    const stop = (): void => {
      if (Atomics.load(interrupt, 0) === id) throw Object.assign(new Error('interrupted'), { code: 'SQLITE_INTERRUPT' })
    }
    const output: unknown =
      method === 'query' ? engine.query(input[0] as Statement, stop) : Reflect.apply(engine[method], engine, input)
    return { id, output }
  } catch (error) {
    return { id, failure: failureOf(error) }
  }
}

function failureOf(error: unknown): { message: string; code: string | undefined } {
  const { message, code } = error as { message?: string; code?: string }
  return { message: message ?? String(error), code }
}

serve(workerData as WorkerData)
