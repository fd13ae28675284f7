import { ConnectorError, type AnyConnector, type AnyOperation, type CallContext } from '@casare/core'
import { changed } from '../subject/trial.ts'

/** What goes wrong where the connector hands its call to the vendor's client, whatever is behind it. */
export interface EdgeFault {
  readonly name: string
  /** Wraps one attempt. */
  bend(attempt: number, run: () => Promise<unknown>, context: CallContext): Promise<unknown>
}

const failure = (code: string): Error => Object.assign(new Error(`connection lost, ${code}`), { code })

/** Every place at which an attempt can be lost. */
export const edgeFaults: readonly EdgeFault[] = [
  { name: 'refused before it is sent', bend: (attempt, run) => (attempt === 1 ? reject('ECONNREFUSED') : run()) },
  { name: 'lost on its way', bend: (attempt, run) => (attempt === 1 ? reject('ECONNRESET') : run()) },
  { name: 'the answer is lost', bend: (attempt, run) => lostAfter(run, attempt === 1) },
  { name: 'the answer is lost twice', bend: (attempt, run) => lostAfter(run, attempt <= 2) },
  { name: 'every answer is lost', bend: (_attempt, run) => lostAfter(run, true) },
  {
    name: 'on its way once, then an answer is lost',
    bend: (attempt, run) => (attempt === 1 ? reject('ECONNRESET') : lostAfter(run, attempt === 2)),
  },
  {
    name: 'the system asks to slow down, before any work',
    bend: (attempt, run) =>
      attempt === 1
        ? Promise.reject(new ConnectorError({ code: 'rate_limited', message: 'Slow down.', retryAfterMs: 1 }))
        : run(),
  },
  {
    name: 'done, then silent until the time limit',
    async bend(_attempt, run, { signal }) {
      await run()
      return await new Promise((_resolve, rejectWith) => {
        if (signal.aborted) rejectWith(signal.reason)
        signal.addEventListener('abort', () => rejectWith(signal.reason), { once: true })
      })
    },
  },
]

function reject(code: string): Promise<never> {
  return Promise.reject(failure(code))
}

async function lostAfter(run: () => Promise<unknown>, lost: boolean): Promise<unknown> {
  const result = await run()
  if (lost) throw failure('ECONNRESET')
  return result
}

/** The connector with this fault around the operation. */
export function withEdgeFault(connector: AnyConnector, name: string, fault: EdgeFault): AnyConnector {
  const operations = connector.spec.operations as Record<string, AnyOperation>
  const original = operations[name] as AnyOperation
  const bent: AnyOperation = {
    ...original,
    run: (client, input, context) =>
      fault.bend(context.attempt, async () => original.run(client, input, context) as unknown, context),
  }
  return changed(connector, { operations: { ...operations, [name]: bent } })
}
