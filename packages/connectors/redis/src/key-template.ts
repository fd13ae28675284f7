import { invalidInput } from '@casare/core'
import { fieldToArgument } from './values.ts'

/**
 * A function that makes the key of a record: "customer:{id}" takes the field `id`.
 * @throws `invalid_input` for a template without a field: every record would have the same key.
 */
export function compileTemplate(template: string): (record: Readonly<Record<string, unknown>>) => string {
  // Text and names of fields by turns.
  const parts = template.split(/\{([^{}]+)\}/)
  if (parts.length === 1)
    throw invalidInput(`The key "${template}" names no field in braces, so all records would be stored under one key.`)
  return (record) => parts.map((part, index) => (index % 2 === 0 ? part : fieldOf(record, part))).join('')
}

function fieldOf(record: Readonly<Record<string, unknown>>, name: string): string {
  const value = Object.hasOwn(record, name) ? record[name] : undefined
  if (value === undefined || value === null || value === '')
    throw invalidInput(`The record has no ${name}, which its key needs.`)
  if (typeof value === 'object' && !(value instanceof Date))
    throw invalidInput(`${name}: an object cannot be a part of a key.`)
  return fieldToArgument(value, name).toString()
}
