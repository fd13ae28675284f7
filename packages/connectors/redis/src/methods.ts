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

/** The typed face: text or bytes, as the input says. */
export function methods(connection: {
  readonly get: unknown
  readonly getMany: unknown
  readonly getHash: unknown
  readonly getHashFields: unknown
}) {
  const { get, getMany, getHash, getHashFields } = connection as Record<
    'get' | 'getMany' | 'getHash' | 'getHashFields',
    (input: object, options?: CallOptions) => Promise<never>
  >
  return {
    /** Reads the value of a key; null where there is none. */
    get: <const Input extends OfKey>(input: Input, options?: CallOptions): Promise<{ value: ValueOf<Input> | null }> =>
      get(input, options),
    /** Reads the values of several keys, in their order; null where there is none. */
    getMany: <const Input extends As & { readonly keys: readonly RedisValue[] }>(
      input: Input,
      options?: CallOptions,
    ): Promise<{ values: (ValueOf<Input> | null)[] }> => getMany(input, options),
    /** Reads all fields of a hash. */
    getHash: <const Input extends OfKey>(
      input: Input,
      options?: CallOptions,
    ): Promise<{ fields: Record<string, ValueOf<Input>> }> => getHash(input, options),
    /** Reads fields of a hash, in the order asked for; null where there is none. */
    getHashFields: <const Input extends OfKey & { readonly fields: readonly RedisValue[] }>(
      input: Input,
      options?: CallOptions,
    ): Promise<{ values: (ValueOf<Input> | null)[] }> => getHashFields(input, options),
  }
}
