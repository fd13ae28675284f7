import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import type { Schema, SchemaIssue, SchemaResult } from './standard-schema.ts'

const maxIssuesShown = 5

/**
 * Validates against any standard schema. Synchronous where the schema is; a promise only where it is not.
 * @param subject what the message calls the value, for example `putObject input`.
 * @throws `invalid_input`, naming each field and what is wrong with it.
 */
export function validate<Out>(schema: Schema<unknown, Out>, value: unknown, subject: string): Out | Promise<Out> {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) return result.then((settled) => unwrap(settled, subject))
  return unwrap(result, subject)
}

/**
 * As `validate`, for places that cannot wait.
 * @throws `unsupported` where the schema answers with a promise.
 */
export function validateSync<Out>(schema: Schema<unknown, Out>, value: unknown, subject: string): Out {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise)
    throw new ConnectorError({
      code: 'unsupported',
      message: `The schema of ${subject} is asynchronous, which is not supported here.`,
    })
  return unwrap(result, subject)
}

function unwrap<Out>(result: SchemaResult<Out>, subject: string): Out {
  if (result.issues === undefined) return result.value
  throw invalidInput(`${subject}: ${describeIssues(result.issues)}`)
}

/** Issues as one line: `bucket: expected string; body.text: too long (and 3 more)`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, maxIssuesShown).map((issue) => {
    const path = pathOf(issue)
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  const more = issues.length - shown.length
  return shown.join('; ') + (more > 0 ? ` (and ${more} more)` : '')
}

function pathOf(issue: SchemaIssue): string {
  let path = ''
  for (const step of issue.path ?? []) {
    const key = typeof step === 'object' ? step.key : step
    path += typeof key === 'number' ? `[${key}]` : path === '' ? String(key) : `.${String(key)}`
  }
  return path
}
