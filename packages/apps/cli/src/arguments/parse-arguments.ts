import { parseArgs } from 'node:util'
import { nearest } from '@casare/core'
import { UsageError } from '../usage-error.ts'
import type { Options } from './options.ts'

/** A command line taken apart. */
export interface ParsedArguments {
  readonly values: Readonly<Record<string, unknown>>
  readonly positionals: readonly string[]
}

/**
 * Node's own parser, strict, with messages that say what would have been right.
 * @throws {UsageError} for an unknown option, one without its value, or a value outside of its choices.
 */
export function parseArguments(args: readonly string[], options: Options): ParsedArguments {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple }]) => [name, { type, multiple: multiple === true }]),
  )
  const { tokens } = parseArgs({
    args: [...args],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Set<string>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined)
      throw new UsageError(`There is no option ${token.rawName}.${nearestOption(token.name, options)}`)
    if (option.type === 'boolean' && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`)
    if (option.type === 'string' && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))))
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value ?? 'VALUE'}`)
    if (option.choices !== undefined && !option.choices.includes(token.value ?? ''))
      throw new UsageError(`${token.rawName} must be one of ${option.choices.join(', ')}.`)
    if (option.multiple !== true && given.has(token.name)) throw new UsageError(`${token.rawName} is given twice.`)
    given.add(token.name)
  }
  const { values, positionals } = parseArgs({ args: [...args], options: config, strict: true, allowPositionals: true })
  return { values, positionals }
}

function nearestOption(name: string, options: Options): string {
  return nearest(name, Object.keys(options)).replaceAll(/"([^"]+)"/g, '--$1')
}
