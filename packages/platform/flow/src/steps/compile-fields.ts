import type { FieldRule, Flow } from '../definition/flow-definition.ts'
import { flowProblem } from '../definition/flow-problem.ts'
import { casts } from './cast.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Compiles `fields:` into one function that builds the result as a literal, which is what a person would write by hand.
 * Names and paths enter the code only as JSON text; values enter as arguments.
 */
export function compileFields(rules: Readonly<Record<string, FieldRule>>, flow: Flow): (record: Fields) => Fields {
  const constants: unknown[] = []
  const lines = Object.entries(rules).map(([name, rule]) => {
    checkRule(rule, flow, ['fields', name])
    // A computed key: a literal __proto__ would set the prototype.
    return `[${JSON.stringify(name)}]: ${expression(name, typeof rule === 'string' ? { from: rule } : rule, constants)}`
  })
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- compiled once per flow; see above for what enters
  const compiled = new Function('constants', 'casts', `'use strict'; return (record) => ({ ${lines.join(', ')} })`) as (
    constants: readonly unknown[],
    converters: typeof casts,
  ) => (record: Fields) => Fields
  return compiled(constants, casts)
}

function checkRule(rule: FieldRule, flow: Flow, path: readonly string[]): void {
  if (typeof rule === 'string') return
  const sources = (['from', 'constant', 'template'] as const).filter((key) => rule[key] !== undefined)
  if (sources.length > 1) throw flowProblem(flow.source, path, `only one of ${sources.join(', ')} can be given.`)
  if (sources.length === 0 && rule.constant === undefined && !('constant' in rule)) {
    if (rule.cast === undefined && rule.default === undefined)
      throw flowProblem(flow.source, path, 'give one of from, constant or template.')
  }
}

function expression(name: string, rule: Exclude<FieldRule, string>, constants: unknown[]): string {
  let code = source(name, rule, constants)
  if (rule.default !== undefined) code = `(${code} ?? ${constant(rule.default, constants)})`
  if (rule.cast !== undefined) {
    const cast = `casts.${rule.cast}`
    // Nothing stays nothing: a default is there for those who want something.
    code = `((value) => value === undefined || value === null ? null : ${cast}(value, ${JSON.stringify(name)}))(${code})`
  }
  return code
}

function source(name: string, rule: Exclude<FieldRule, string>, constants: unknown[]): string {
  if ('constant' in rule && rule.constant !== undefined) return constant(rule.constant, constants)
  if (rule.template !== undefined) return template(rule.template)
  return pathCode(rule.from ?? name)
}

function constant(value: unknown, constants: unknown[]): string {
  constants.push(value)
  return `constants[${constants.length - 1}]`
}

/** Fields inside of fields are reached by own properties only. */
function pathCode(path: string): string {
  const [first = '', ...rest] = path.split('.')
  const head = first === '__proto__' ? 'undefined' : `record[${JSON.stringify(first)}]`
  const code = rest.reduce(
    (object, step) => (step === '__proto__' ? 'undefined' : `(${object})?.[${JSON.stringify(step)}]`),
    head,
  )
  return `(${code} ?? null)`
}

function template(text: string): string {
  const parts = text.split(/\{([^{}]+)\}/)
  return parts.map((part, index) => (index % 2 === 0 ? JSON.stringify(part) : `(${pathCode(part)} ?? '')`)).join(' + ')
}
