import { isPlainObject } from '@casare/core'
import { withJsonSchema } from '@casare/core/zod'
import { z } from 'zod'
import { isRedisValue, type RedisValue } from './values.ts'

const forms = [
  { type: 'string' },
  {
    type: 'object',
    properties: { $bytes: { type: 'string', contentEncoding: 'base64' } },
    required: ['$bytes'],
    additionalProperties: false,
  },
]

/** Text or bytes, in or out. */
export function redisValue(description: string): z.ZodType<RedisValue, RedisValue> {
  return withJsonSchema(z.custom<RedisValue>(isRedisValue, 'expected text (without half surrogate pairs) or bytes'), {
    description,
    anyOf: forms,
  })
}

/** Text or bytes, or nothing where there is none. */
export function redisValueOrNull(description: string): z.ZodType<RedisValue | null, RedisValue | null> {
  return withJsonSchema(
    z.custom<RedisValue | null>((value) => value === null || isRedisValue(value), 'expected text, bytes or null'),
    { description, anyOf: [...forms, { type: 'null' }] },
  )
}

/** Fields with their values. Any name will do, `__proto__` too, which records of the schema library would drop. */
export function hashFields(least: 0 | 1): z.ZodType<Record<string, RedisValue>, Record<string, RedisValue>> {
  const isFields = (value: unknown): boolean =>
    isPlainObject(value) &&
    Object.keys(value).length >= least &&
    Object.entries(value).every(([name, part]) => name.isWellFormed() && isRedisValue(part))
  return withJsonSchema(
    z.custom<Record<string, RedisValue>>(
      isFields,
      `expected ${least === 0 ? '' : 'at least one of '}fields with text (without half surrogate pairs) or bytes`,
    ),
    {
      type: 'object',
      description: 'Fields and their values.',
      minProperties: least,
      additionalProperties: { anyOf: forms },
    },
  )
}

/** Whatever a command may answer. */
export const anyReply = () =>
  z
    .unknown()
    .describe(
      'The reply: text or bytes, a number, null, or a list of these (https://redis.io/docs/latest/develop/reference/protocol-spec/).',
    )

export const keyInput = () => redisValue('The key.')

export const asInput = () =>
  z
    .enum(['text', 'bytes'])
    .default('text')
    .describe(
      'How values arrive. As "text", bytes that are no UTF-8 become U+FFFD: ask for "bytes" where there may be such.',
    )

/** A time to live. */
export const expireInput = () =>
  z
    .number()
    .int()
    .min(1)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('The value is gone after this time, in milliseconds. Default: it stays.')

export const countOutput = () => z.number().int().min(0)
