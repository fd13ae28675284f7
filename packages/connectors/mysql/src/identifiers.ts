import { invalidInput } from '@casare/core'

/**
 * A name as SQL text, quoted (https://dev.mysql.com/doc/refman/8.4/en/identifiers.html). `database.table` is two names:
 * give them apart.
 */
export function quote(name: string): string {
  if (name === '' || name.includes('\0') || !name.isWellFormed())
    throw invalidInput('A table or column name must not be empty, nor contain a NUL byte or half of a surrogate pair.')
  if (beyondNames.test(name))
    throw invalidInput(`MySQL: names have no characters beyond U+FFFF, as in ${JSON.stringify(name.slice(0, 100))}.`)
  return `\`${name.replaceAll('`', '``')}\``
}

const beyondNames = /[\u{10000}-\u{10ffff}]/u

/** A table's name with its schema (MySQL calls it database), where one is given. */
export function quoteTable(table: string, schema: string | undefined): string {
  return schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`
}
