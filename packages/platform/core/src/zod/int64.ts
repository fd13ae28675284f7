import { z } from 'zod'
import { withJsonSchema } from './with-json-schema.ts'

const min = -(2n ** 63n)
const max = 2n ** 63n - 1n

/** A 64-bit integer: `bigint` typed; in JSON a decimal string or `{ $bigint: "…" }`. Takes safe integers too. */
export function int64(description?: string): z.ZodType<bigint, bigint | number | string> {
  const given = z.custom<bigint | number | string>(
    isInt64,
    'expected a 64-bit integer: a bigint, a safe integer or a string of digits',
  )
  return withJsonSchema(
    given.transform((value) => BigInt(value)),
    {
      ...(description === undefined ? {} : { description }),
      anyOf: [
        { type: 'string', pattern: '^-?[0-9]{1,19}$', format: 'int64' },
        { type: 'integer' },
        {
          type: 'object',
          properties: { $bigint: { type: 'string', pattern: '^-?[0-9]{1,19}$' } },
          required: ['$bigint'],
          additionalProperties: false,
        },
      ],
    },
  )
}

function isInt64(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  if (typeof value === 'string') return /^-?\d{1,19}$/.test(value) && inRange(BigInt(value))
  return typeof value === 'bigint' && inRange(value)
}

function inRange(value: bigint): boolean {
  return value >= min && value <= max
}
