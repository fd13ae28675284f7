import { invalidInput } from '@casare/core'
import type { Step } from '../server/statement.ts'
import { firstWords } from '../sql-text.ts'
import { toParameters } from '../values/to-parameter.ts'

/**
 * A statement of a call, ready to be sent.
 * @throws `invalid_input` for what cannot be sent: texts with a NUL byte or a lone surrogate, LOAD DATA, unusable values.
 */
export function toStep(text: string, values: readonly unknown[]): Step {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalidInput('The statement contains a NUL byte or half of a surrogate pair. Pass such data as values.')
  const first = text.charCodeAt(0)
  // Most statements begin with a letter that LOAD does not begin with.
  if ((first < 65 || first === 76 || first === 108) && /^load (data|xml)\b/.test(firstWords(text)))
    throw invalidInput('LOAD DATA reads files; use rows.write.')
  return { text, values: toParameters(values) }
}
