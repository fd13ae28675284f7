import { invalidInput } from '@casare/core'
import { z } from 'zod'

/** How COPY writes and reads rows. */
export const copyFormat = {
  format: z.enum(['csv', 'text', 'binary']).default('csv').describe('Form of the bytes.'),
  header: z.boolean().default(false).describe('With csv and text: the first line has the names of the columns.'),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe('Between columns: one character. Default: a comma with csv, a tab with text.'),
  nullText: z.string().optional().describe('What stands for NULL. Default: nothing with csv, \\N with text.'),
}

/** Options of COPY as SQL (https://www.postgresql.org/docs/current/sql-copy.html). */
export function copyOptions(options: {
  readonly format: string
  readonly header: boolean
  readonly delimiter?: string | undefined
  readonly nullText?: string | undefined
}): string {
  const { format, header, delimiter, nullText } = options
  const parts = [`format ${format}`]
  if (header) parts.push('header')
  if (delimiter !== undefined) parts.push(`delimiter ${literal(delimiter)}`)
  if (nullText !== undefined) parts.push(`null ${literal(nullText)}`)
  return `(${parts.join(', ')})`
}

/** A text as SQL; standard_conforming_strings is on for each of our sessions. */
function literal(text: string): string {
  if (text.includes('\0') || !text.isWellFormed()) throw invalidInput('An option of COPY is not a text.')
  return `'${text.replaceAll("'", "''")}'`
}
