import { invalidInput } from '../errors/connector-error.ts'
import { isPlainObject } from '../values/kinds.ts'
import type { SecretHandles } from '../runtime/secret-handles.ts'

const maxDepth = 100
const numbers: Readonly<Record<string, number>> = { NaN: NaN, Infinity, '-Infinity': -Infinity }

/**
 * JSON data as the typed side wants it: tags become values again. Returns the value itself where nothing is tagged.
 * @throws `invalid_input` for a malformed tag, an unknown secret handle, or data nested deeper than 100 levels.
 */
export function decode(value: unknown, handles: SecretHandles, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (depth > maxDepth) throw invalidInput(`The input is nested deeper than ${maxDepth} levels.`)
  if (Array.isArray(value)) {
    const items = value.map((item) => decode(item, handles, depth + 1))
    return items.some((item, index) => item !== value[index]) ? items : value
  }
  if (!isPlainObject(value)) return value
  const keys = Object.keys(value)
  const only = keys.length === 1 ? keys[0] : undefined
  if (only?.startsWith('$') === true) {
    const tagged = decodeTag(only, value[only], handles)
    if (tagged !== undefined) return tagged.value
  }
  return decodeObject(value, keys, handles, depth)
}

function decodeObject(
  value: Record<string, unknown>,
  keys: readonly string[],
  handles: SecretHandles,
  depth: number,
): unknown {
  let copy: Record<string, unknown> | undefined
  for (const key of keys) {
    const before = value[key]
    const after = decode(before, handles, depth + 1)
    if (after === before) continue
    copy ??= { ...value }
    copy[key] = after
  }
  return copy ?? value
}

function decodeTag(tag: string, content: unknown, handles: SecretHandles): { readonly value: unknown } | undefined {
  switch (tag) {
    case '$bigint':
      if (typeof content !== 'string' || !/^-?\d{1,10000}$/.test(content))
        throw invalidInput('$bigint must be a string of decimal digits.')
      return { value: BigInt(content) }
    case '$number':
      if (typeof content !== 'string' || !Object.hasOwn(numbers, content))
        throw invalidInput('$number must be "NaN", "Infinity" or "-Infinity".')
      return { value: numbers[content] }
    case '$bytes':
      if (typeof content !== 'string' || !/^[A-Za-z0-9+/\-_]*={0,2}$/.test(content))
        throw invalidInput('$bytes must be base64.')
      return { value: Buffer.from(content, 'base64') }
    case '$secret':
      if (typeof content !== 'string') throw invalidInput('$secret must be a handle that an earlier operation gave.')
      return { value: handles.get(content) }
    default:
      return undefined
  }
}
