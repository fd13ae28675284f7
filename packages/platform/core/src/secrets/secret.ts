import { inspect } from 'node:util'

const brand = Symbol.for('casare.Secret')
const placeholder = '[secret]'

/**
 * A value that must not be printed. It shows as `[secret]` in strings, JSON, templates and `util.inspect`; `reveal()` is
 * the only way to the text, and every call of it is a place to look at in a review.
 */
export class Secret {
  readonly #source: () => string
  /** Where the value comes from, for messages: `env DATABASE_URL`, `file /run/secrets/key`, `value`. */
  readonly origin: string

  /** @param source the text, or a function that reads it anew at each use (so that a rotated secret is picked up). */
  constructor(source: string | (() => string), origin = 'value') {
    this.#source = typeof source === 'string' ? () => source : source
    this.origin = origin
    Object.defineProperty(this, brand, { value: 1 })
  }

  /** The text itself. Hand it to the vendor's client and to nothing else. */
  reveal(): string {
    return this.#source()
  }

  /** Is it a `Secret`, of any copy of this package? */
  static is(value: unknown): value is Secret {
    return typeof value === 'object' && value !== null && brand in value
  }

  toString(): string {
    return placeholder
  }

  toJSON(): string {
    return placeholder
  }

  [inspect.custom](): string {
    return placeholder
  }
}

/** What a secret field of a config or an input takes. */
export type SecretInput = string | Secret
