import { invalidInput } from '@casare/core'

/** A value in a cursor: JSON, with what JSON has no word for tagged. */
export type TaggedValue = null | number | string | { readonly $bigint: string } | { readonly $bytes: string }

/**
 * A value of a row as it stands in a cursor.
 * @throws `invalid_input` for what rows cannot be ordered by.
 */
export function toTagged(value: unknown): TaggedValue {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  if (value === null || typeof value === 'number' || typeof value === 'string') return value
  throw invalidInput('Rows cannot be ordered by a column of this type.')
}

/** The value that is tagged. */
export function fromTagged(value: TaggedValue): null | number | string | bigint | Buffer {
  if (value === null || typeof value !== 'object') return value
  return '$bigint' in value ? BigInt(value.$bigint) : Buffer.from(value.$bytes, 'base64')
}
