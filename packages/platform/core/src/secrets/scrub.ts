import type { Redactor } from './redactor.ts'
import { isError, isPlainObject } from '../values/kinds.ts'
import { Secret } from './secret.ts'

const maxDepth = 8
const maxVisited = 2_000

/** Field names whose text is a secret by its place, whatever its length. */
const secretField =
  /^(authorization|proxy-authorization|cookie|set-cookie|password|passwd|pwd|secret|client_?secret|api_?key|x-api-key|access_?token|refresh_?token|id_?token|private_?key|secret_?access_?key|session_?token|connection_?string|passphrase)$/i

/**
 * Scrubs a value that is about to leave (an error, a log record) in place: strings by value and by field name, errors with
 * their causes and `AggregateError.errors`, plain objects and arrays in depth. Live objects hanging on an error (sockets,
 * requests, buffers) are removed: nobody prints them safely.
 * @returns the value to use instead of the one given; the same object wherever it could be changed.
 */
export function scrub(value: unknown, redactor: Redactor): unknown {
  return new Scrubber(redactor).value(value, 0)
}

class Scrubber {
  readonly #redactor: Redactor
  readonly #seen = new Set<object>()

  constructor(redactor: Redactor) {
    this.#redactor = redactor
  }

  value(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#redactor.text(value)
    if (typeof value !== 'object' || value === null || Secret.is(value) || this.#seen.has(value)) return value
    if (depth > maxDepth || this.#seen.size > maxVisited) return '[too deep]'
    if (value instanceof URL) return this.#redactor.text(value.href)
    if (value instanceof Date) return value
    if (!isError(value) && !Array.isArray(value) && !isPlainObject(value)) return undefined
    this.#seen.add(value)
    for (const key of Reflect.ownKeys(value)) this.#property(value, key, depth)
    return value
  }

  #property(target: object, key: PropertyKey, depth: number): void {
    const descriptor = Object.getOwnPropertyDescriptor(target, key)
    if (descriptor === undefined) return
    // V8 defines an error's stack as an accessor in newer versions: read it like any other text.
    const isStack = key === 'stack' && isError(target)
    if (!('value' in descriptor) && !isStack) {
      if (descriptor.enumerable === true) this.#replace(target, key, undefined, descriptor)
      return
    }
    const before: unknown = isStack ? target.stack : descriptor.value
    const after =
      typeof before === 'string' && typeof key === 'string' && secretField.test(key)
        ? '[secret]'
        : this.value(before, depth + 1)
    if (after !== before) this.#replace(target, key, after, descriptor)
  }

  #replace(target: object, key: PropertyKey, value: unknown, descriptor: PropertyDescriptor): void {
    if (value === undefined && Reflect.deleteProperty(target, key)) return
    const defined = Reflect.defineProperty(target, key, {
      value,
      writable: true,
      configurable: descriptor.configurable ?? true,
      enumerable: descriptor.enumerable ?? false,
    })
    if (!defined) Reflect.set(target, key, value)
  }
}
