import { invalidInput } from '@casare/core'

/**
 * A name as SQL text, quoted (https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
 * `schema.table` is two names: give them apart.
 */
export function quote(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed())
    throw invalidInput('A table or column name must not be empty, nor contain a NUL byte or half of a surrogate pair.')
  return `"${name.replaceAll('"', '""')}"`
}

/** A table's name with its schema, where one is given; else the search path finds it. */
export function quoteTable(table: string, schema: string | undefined): string {
  return schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`
}
