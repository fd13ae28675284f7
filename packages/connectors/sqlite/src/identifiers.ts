import { invalidInput } from '@casare/core'

/** A name as SQL text, quoted (https://www.sqlite.org/lang_keywords.html). `schema.table` is two names: give them apart. */
export function quote(name: string): string {
  if (name === '' || name.includes('\0'))
    throw invalidInput('A table or column name must not be empty or contain a NUL byte.')
  return `"${name.replaceAll('"', '""')}"`
}
