import { ConnectorError, type ErrorCode, type ExecutionResult } from '@casare/core'
import { createNode } from '@casare/nodes'
import { ensure, isNotApplicable, within, type Check } from '../checks/check.ts'
import { faultProxy } from '../faults/fault-proxy.ts'
import type { Hang } from '../subject/connector-subject.ts'
import { changed, failureOf, isCode, methodOf, type Trial } from '../subject/trial.ts'
import { trialCheck, type SuiteContext } from './suite-context.ts'

/** Examples by every face; cancellation and time limits. */
export function callChecks(context: SuiteContext): Check[] {
  return [
    trialCheck(context, 'examples', 'each through its typed method, output as its schema says', async (trial) => {
      const connection = trial.connect()
      for (const { name, example } of trial.examples) {
        await example.before?.(connection)
        await within(methodOf(connection, name)(example.input), 15_000, name)
      }
      return trial.examples.length
    }),
    trialCheck(context, 'examples', 'each through $.execute with a JSON round trip', async (trial) => {
      const connection = trial.connect()
      for (const { name, example } of trial.examples) {
        await example.before?.(connection)
        const input: unknown = JSON.parse(JSON.stringify(example.input))
        refuseFailure(name, await connection.$.execute(name, input))
      }
      return trial.examples.length
    }),
    trialCheck(context, 'examples', 'each as a workflow node', async (trial) => {
      const connection = trial.connect()
      for (const { name, example } of trial.examples) {
        await example.before?.(connection)
        const result = await createNode(connection, name).execute({ inputs: { input: example.input } })
        refuseFailure(name, result as ExecutionResult)
      }
      return trial.examples.length
    }),
    trialCheck(context, 'cancellation', 'aborted before: nothing is sent', async (trial) => {
      let runs = 0
      const operations = Object.fromEntries(
        Object.entries(trial.connector.spec.operations ?? {}).map(([name, one]) => [
          name,
          { ...one, run: (...parts: Parameters<typeof one.run>) => ((runs += 1), one.run(...parts) as unknown) },
        ]),
      )
      const connection = trial.connect({}, changed(trial.connector, { operations }))
      for (const { name, example } of trial.examples) {
        const error = await failureOf(
          methodOf(connection, name)(example.input, { signal: AbortSignal.abort(new Error('not any more')) }),
          name,
        )
        ensure(error.code === 'cancelled' && error.applied === 'no', `${name}: ${error.code}, applied ${error.applied}`)
      }
      ensure(runs === 0, `${runs} calls were run although the signal was aborted before them`)
      return trial.examples.length
    }),
    trialCheck(context, 'cancellation', 'aborted during: ends at once, as cancelled', async (trial) => {
      const hang = await hangOf(trial)
      if (isNotApplicable(hang)) return hang
      const connection = trial.connect(hang.config)
      for (const rounds of [1, 2]) {
        const controller = new AbortController()
        const call = methodOf(connection, hang.operation)(hang.input, { signal: controller.signal })
        call.catch(() => undefined)
        setTimeout(() => controller.abort(new Error('enough')), 20)
        const error = await failureOf(call, `${hang.operation}, aborted (${rounds})`)
        ensure(error.code === 'cancelled', `${hang.operation}: ${error.code}, expected cancelled: ${error.message}`)
      }
      await hang.release()
      return 2
    }),
    trialCheck(context, 'cancellation', 'aborted after: the result stands, the connection works on', async (trial) => {
      const connection = trial.connect()
      for (const { name, example } of trial.examples) {
        await example.before?.(connection)
        const controller = new AbortController()
        await methodOf(connection, name)(example.input, { signal: controller.signal })
        controller.abort(new Error('too late'))
      }
      const { name, example } = trial.harmless
      await example.before?.(connection)
      await methodOf(connection, name)(example.input)
      return trial.examples.length
    }),
    trialCheck(context, 'deadline', 'a call ends at its time limit', async (trial) => {
      const hang = await hangOf(trial)
      if (isNotApplicable(hang)) return hang
      const connection = trial.connect(hang.config)
      const error = await failureOf(
        methodOf(connection, hang.operation)(hang.input, { timeoutMs: 60 }),
        `${hang.operation} with a time limit of 60 ms`,
      )
      ensure(isCode(error, 'timeout'), `${hang.operation}: ${error.code}, expected timeout: ${error.message}`)
      await hang.release()
      return 1
    }),
    trialCheck(context, 'deadline', 'timeouts.callMs limits each call, retries included', async (trial) => {
      const hang = await hangOf(trial)
      if (isNotApplicable(hang)) return hang
      const connection = trial.connect({ ...hang.config, timeouts: { callMs: 60 } })
      const error = await failureOf(methodOf(connection, hang.operation)(hang.input), `${hang.operation} by callMs`)
      ensure(isCode(error, 'timeout'), `${hang.operation}: ${error.code}, expected timeout: ${error.message}`)
      await hang.release()
      return 1
    }),
  ]
}

function refuseFailure(name: string, result: ExecutionResult): void {
  if (!result.success) throw new Error(`${name}: ${result.error.code}: ${result.error.message}`)
  ensure(JSON.stringify(result.output) !== undefined, `${name}: its output is no JSON`)
}

/** The subject's way to make a call hang, or the usual one: a proxy through which no answer comes. */
export async function hangOf(trial: Trial): Promise<Hang | { readonly notApplicable: string }> {
  const { hang, at } = trial.subject
  if (isNotApplicable(hang)) return hang
  if (hang !== undefined) return hang(trial.target)
  const { address } = trial.target
  if (isNotApplicable(at) || address === undefined)
    throw new Error('The subject has neither a network nor a way to make a call hang: give hang, or say why not.')
  const proxy = await faultProxy(address)
  trial.onEnd(() => proxy.close())
  await proxy.arm({ kind: 'half-open' })
  const { name, example } = trial.harmless
  return {
    operation: name,
    input: example.input,
    config: at(trial.target, { host: proxy.host, port: proxy.port, secure: false }),
    release: () => proxy.resetConnections(),
  }
}

/** Codes that any call may come to. */
export const commonCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_input',
  'unauthenticated',
  'permission_denied',
  'rate_limited',
  'timeout',
  'unavailable',
  'cancelled',
  'unsupported',
  'outcome_unknown',
])

/** @throws Error for an error whose code the operation does not declare. */
export function ensureDeclared(name: string, declared: readonly ErrorCode[], error: unknown): void {
  if (!ConnectorError.is(error)) throw new Error(`${name}: not a ConnectorError, but ${String(error)}`)
  ensure(
    commonCodes.has(error.code) || declared.includes(error.code),
    `${name} gave ${error.code}, which it does not declare: ${error.message}`,
  )
}
