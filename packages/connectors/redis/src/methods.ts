import type { CallOptions } from '@casare/core'
import type { RedisValue } from './values.ts'

/** Values as they were asked for. */
export type ValueOf<Input> = Input extends { readonly as: 'bytes' } ? Uint8Array : string

interface As {
  readonly as?: 'text' | 'bytes' | undefined
}
interface OfKey extends As {
  readonly key: RedisValue
}

/** What typed callers get: text or bytes, as the input says. */
export interface RedisMethods {
  /** Reads the value of a key; null where there is none. */
  readonly get: <const Input extends OfKey>(
    input: Input,
    options?: CallOptions,
  ) => Promise<{ value: ValueOf<Input> | null }>
  /** Reads the values of several keys, in their order; null where there is none. */
  readonly getMany: <const Input extends As & { readonly keys: readonly RedisValue[] }>(
    input: Input,
    options?: CallOptions,
  ) => Promise<{ values: (ValueOf<Input> | null)[] }>
  /** Reads all fields of a hash. */
  readonly getHash: <const Input extends OfKey>(
    input: Input,
    options?: CallOptions,
  ) => Promise<{ fields: Record<string, ValueOf<Input>> }>
  /** Reads fields of a hash, in the order asked for; null where there is none. */
  readonly getHashFields: <const Input extends OfKey & { readonly fields: readonly RedisValue[] }>(
    input: Input,
    options?: CallOptions,
  ) => Promise<{ values: (ValueOf<Input> | null)[] }>
}

/** The typed face of four operations; the operations themselves do the work. */
export function methods(connection: {
  readonly get: unknown
  readonly getMany: unknown
  readonly getHash: unknown
  readonly getHashFields: unknown
}): RedisMethods {
  const { get, getMany, getHash, getHashFields } = connection as { readonly [K in keyof RedisMethods]: never }
  return { get, getMany, getHash, getHashFields }
}
