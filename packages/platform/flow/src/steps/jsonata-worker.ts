import { parentPort, workerData } from 'node:worker_threads'
import jsonata from 'jsonata'
import type { JsonataOutcome, JsonataRequest, JsonataResponse, JsonataWorkerData } from './jsonata-protocol.ts'
import { LinearRegex } from './linear-regex.ts'

/** Evaluates one expression for the thread that started it, record by record. */
function serve({ expression, progress }: JsonataWorkerData): void {
  const port = parentPort
  if (port === null) return
  const send = (response: JsonataResponse): void => port.postMessage(response)
  let compiled: jsonata.Expression
  try {
    compiled = jsonata(expression, {
      RegexEngine: LinearRegex as unknown as RegExpConstructor,
    })
  } catch (error) {
    const { message, position } = error as { message?: string; position?: number }
    send({ broken: message ?? String(error), position })
    return
  }
  // One batch after the other, also where an expression waits for something.
  let tail = Promise.resolve()
  port.on('message', ({ batch, records }: JsonataRequest) => {
    tail = tail.then(async () => {
      Atomics.store(progress, 1, 0)
      Atomics.store(progress, 0, batch)
      send({ batch, outcomes: await evaluateAll(compiled, records, progress) })
    })
  })
  send({ ready: true })
}

async function evaluateAll(
  compiled: jsonata.Expression,
  records: readonly unknown[],
  progress: Int32Array,
): Promise<JsonataOutcome[]> {
  const outcomes: JsonataOutcome[] = []
  for (const [index, record] of records.entries()) {
    Atomics.store(progress, 1, index)
    try {
      outcomes.push({ value: plain(await compiled.evaluate(record)) })
    } catch (error) {
      outcomes.push({ failure: (error as { message?: string }).message ?? String(error) })
    }
  }
  return outcomes
}

/** JSONata marks its sequences with extra properties, and functions cannot leave the thread. */
function plain(value: unknown): unknown {
  if (typeof value === 'function') throw new Error('the result is a function')
  if (Array.isArray(value)) return value.map(plain)
  return value
}

serve(workerData as JsonataWorkerData)
