import { invalidInput } from '@casare/core'
import type { Step } from '../backend/statement.ts'
import { isCopy } from '../sql-text.ts'
import { toParameters } from '../values/to-parameter.ts'

/**
 * A statement of a call, ready to be sent.
 * @throws `invalid_input` for what cannot be sent: texts with a NUL byte or a lone surrogate, COPY, unusable values.
 */
export function toStep(text: string, values: readonly unknown[]): Step {
  if (text.includes('\0') || !text.isWellFormed())
    throw invalidInput('The statement contains a NUL byte or half of a surrogate pair. Pass such data as values.')
  const first = text.charCodeAt(0)
  // Most statements begin with a letter that COPY does not begin with.
  if ((first < 65 || first === 67 || first === 99) && isCopy(text))
    throw invalidInput('COPY needs a stream: use copyIn, copyOut or rows.write.')
  return { text, values: toParameters(values) }
}
