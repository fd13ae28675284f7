import type { CallOptions } from '../contract/call.ts'
import type { ExecutionResult, JsonOptions } from '../contract/connection.ts'
import type { AnyOperation } from '../contract/operation.ts'
import { ConnectorError } from '../errors/connector-error.ts'
import { decode } from '../json/decode.ts'
import { encode } from '../json/encode.ts'
import { validate } from '../schemas/validate.ts'
import { runCall, type CallPlan } from './call.ts'
import { nearest } from './nearest.ts'
import type { Runtime } from './runtime.ts'
import { toConnectorError } from './to-connector-error.ts'

/** A typed call: validate, then through the pipeline to the connector's `run`. */
export function executeOperation(
  runtime: Runtime,
  name: string,
  operation: AnyOperation,
  input: unknown,
  options: CallOptions<unknown> = {},
  tally?: { attempts: number },
): Promise<unknown> {
  const run = (parsed: unknown): Promise<unknown> => {
    const output = runCall(runtime, planOf(name, operation, parsed, options, tally))
    return runtime.config.uniform.validateOutput === true
      ? output.then((value) => checkOutput(runtime, name, operation, value))
      : output
  }
  try {
    const parsed: unknown = validate(operation.input, input ?? {}, `${name} input`)
    return parsed instanceof Promise
      ? parsed.then(run, (error: unknown) => Promise.reject(withNames(runtime, name, error)))
      : run(parsed)
  } catch (error) {
    return Promise.reject(withNames(runtime, name, error))
  }
}

function planOf(
  name: string,
  operation: AnyOperation,
  parsed: unknown,
  options: CallOptions<unknown>,
  tally: { attempts: number } | undefined,
): CallPlan<unknown> {
  const { effect, run, reconcile } = operation
  return {
    name,
    effect: typeof effect === 'function' ? effect(parsed) : effect,
    options,
    tally,
    run: (client, context) => run(client, parsed, context) as unknown,
    reconcile: reconcile === undefined ? undefined : (client, context) => reconcile(client, parsed, context),
  }
}

async function checkOutput(runtime: Runtime, name: string, operation: AnyOperation, output: unknown): Promise<unknown> {
  try {
    await validate(operation.output, output, `${name} output`)
    return output
  } catch (error) {
    throw ConnectorError.with(
      withNames(runtime, name, error),
      { retryable: false },
      { code: 'internal', applied: 'yes' },
    )
  }
}

function withNames(runtime: Runtime, name: string, error: unknown): ConnectorError {
  return toConnectorError(
    runtime,
    { name, effect: 'read', idempotencyKey: undefined, started: false, attempts: 0, callerSignal: undefined },
    error,
  )
}

/** A call by name with JSON in and out. Never throws. */
export async function executeJson(
  runtime: Runtime,
  name: string,
  input: unknown,
  options: JsonOptions = {},
): Promise<ExecutionResult> {
  const { revealSecrets = false, ...callOptions } = options
  const tally = { attempts: 0 }
  try {
    const operation = operationNamed(runtime, name)
    const decoded = decode(input, runtime.handles)
    const output = await executeOperation(runtime, name, operation, decoded, callOptions, tally)
    const encoded = await encode(output, {
      handles: runtime.handles,
      revealSecrets,
      spool: runtime.config.uniform.files?.spool,
    })
    return { success: true, output: encoded, attempts: tally.attempts }
  } catch (error) {
    const failure = ConnectorError.is(error) ? error : withNames(runtime, name, error)
    return {
      success: false,
      error: { connector: runtime.spec.name, operation: name, ...failure.toJSON() },
      attempts: tally.attempts,
    }
  }
}

/** @throws `unsupported`, naming the nearest names. */
export function operationNamed(runtime: Runtime, name: string): AnyOperation {
  const operations = runtime.spec.operations ?? {}
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined
  if (found !== undefined) return found
  throw new ConnectorError({
    code: 'unsupported',
    message: `${runtime.spec.name} has no operation "${name}".${nearest(name, Object.keys(operations))}`,
  })
}
