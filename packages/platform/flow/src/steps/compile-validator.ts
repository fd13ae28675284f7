import type { JsonSchema } from '@casare/core'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { LinearRegex } from './linear-regex.ts'
import { stepError } from './step-error.ts'

const maxErrorsShown = 5

/**
 * Compiles `validate:` into a function that gives the reason a record fails, or nothing. Patterns run in linear time.
 * @throws `invalid_input` for a schema that is none.
 */
export function compileValidator(schema: JsonSchema, flow: Flow): (record: unknown) => Error | undefined {
  const regExp = Object.assign((pattern: string, flags: string) => new LinearRegex(pattern, flags), {
    code: 'new LinearRegex',
  })
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    code: { regExp },
    logger: false,
  })
  let check
  try {
    check = ajv.compile(schema)
  } catch (error) {
    throw flowProblem(
      flow.source,
      ['validate'],
      `this is not a JSON Schema that can be used: ${(error as Error).message}`,
      error,
    )
  }
  return (record) => (check(record) ? undefined : stepError('validate', reasons(check.errors ?? [])))
}

function reasons(errors: readonly ErrorObject[]): string {
  const shown = errors
    .slice(0, maxErrorsShown)
    .map(
      ({ instancePath, message = 'is not valid' }) =>
        `${instancePath.slice(1).replaceAll('/', '.') || 'record'} ${message}`,
    )
  return `${shown.join('; ')}${errors.length > maxErrorsShown ? ` (and ${errors.length - maxErrorsShown} more)` : ''}.`
}
