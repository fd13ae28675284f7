import { invalidInput } from '@casare/core'
import type * as Ldapts from 'ldapts'
import { isPassword } from './read-entry.ts'

type Value = string | Uint8Array | AsyncIterable<Uint8Array>

/**
 * An attribute with its values as the library writes it.
 * @throws `invalid_input` for passwords, which have a field or an operation of their own, and for values that are no text or bytes.
 */
export function writtenAttribute(library: typeof Ldapts, type: string, values: readonly Value[]): Ldapts.Attribute {
  if (isPassword(type)) throw invalidInput(`${type} is a password: give it as "password", or use changePassword.`)
  return new library.Attribute({ type, values: values.map((value) => toBuffer(type, value)) })
}

function toBuffer(type: string, value: Value): Buffer {
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw invalidInput(`A value of ${type} holds half a surrogate pair, which UTF-8 cannot say.`)
    return Buffer.from(value)
  }
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  throw invalidInput(`A value of ${type} must be text or bytes, not a stream.`)
}
