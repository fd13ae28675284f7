import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { anyRecord, schema, Secret } from '../src/index.ts'
import type { Schema } from '../src/index.ts'
import { isError, isPlainObject } from '../src/values/kinds.ts'
import { runInNewContext } from 'node:vm'
import { toJsonSchema } from '../src/schemas/to-json-schema.ts'
import { validate, validateSync } from '../src/schemas/validate.ts'
import { body, bytes, int64, pii, secret, timestamp } from '../src/zod/index.ts'

function withIssues(...issues: object[]): Schema<unknown, unknown> {
  return { '~standard': { version: 1, vendor: 'test', validate: () => ({ issues }) } } as never
}

describe('validation', () => {
  const refusal = (...issues: object[]): string => {
    try {
      void validate(withIssues(...issues), 1, 'put input')
    } catch (error) {
      return (error as Error).message
    }
    return 'not refused'
  }

  test('names fields by their path, in either form of the standard', () => {
    expect(refusal({ message: 'bad' })).toBe('put input: bad')
    expect(refusal({ message: 'bad', path: [] })).toBe('put input: bad')
    expect(refusal({ message: 'bad', path: ['a', 'b', 2, 'c'] })).toBe('put input: a.b[2].c: bad')
    expect(refusal({ message: 'bad', path: [{ key: 'a' }, { key: 0 }, { key: Symbol('s') }] })).toBe(
      'put input: a[0].Symbol(s): bad',
    )
  })

  test('shows five issues and counts the others', () => {
    const issues = Array.from({ length: 7 }, (_, index) => ({ message: 'bad', path: [`f${index}`] }))
    expect(refusal(...issues.slice(0, 5))).toBe('put input: f0: bad; f1: bad; f2: bad; f3: bad; f4: bad')
    expect(refusal(...issues)).toBe('put input: f0: bad; f1: bad; f2: bad; f3: bad; f4: bad (and 2 more)')
  })

  test('waits for a schema that answers later, and refuses it where nobody can wait', async () => {
    const later = z.string().refine((text) => Promise.resolve(text === 'good'), 'not good')
    await expect(validate(later, 'good', 'x')).resolves.toBe('good')
    await expect(validate(later, 'other', 'x')).rejects.toMatchObject({ code: 'invalid_input', message: 'x: not good' })
    expect(() => validateSync(later, 'good', 'x')).toThrow(/schema of x is asynchronous/)
    expect(validateSync(z.string(), 'good', 'x')).toBe('good')
    expect(() => validateSync(z.string(), 3, 'x')).toThrow(/^x: /)
  })

  test('a schema given as a function is built once, when it is first needed', () => {
    let built = 0
    const lazy = schema(() => {
      built += 1
      return z.strictObject({ a: z.string() })
    })
    expect(built).toBe(0)
    expect(validateSync(lazy, { a: 'x' }, 'x')).toEqual({ a: 'x' })
    expect(toJsonSchema(lazy, 'input')).toMatchObject({ type: 'object', required: ['a'] })
    expect(built).toBe(1)
    const given = z.string()
    expect(schema(given)).toBe(given)
  })

  test('JSON Schemas carry no mark of the library', () => {
    const made = toJsonSchema(z.object({ a: z.tuple([z.string()]) }), 'input')
    expect(Object.keys(made)).not.toContain('$schema')
    expect(Object.keys(made)).not.toContain('~standard')
    // The keyword of draft 2020-12.
    expect(made).toMatchObject({ properties: { a: { prefixItems: [{ type: 'string' }] } } })
  })
})

describe('any record', () => {
  test('is an object, which is not copied', () => {
    const record = { a: 1 }
    expect(validateSync(anyRecord, record, 'record')).toBe(record)
    expect(toJsonSchema(anyRecord, 'output')).toMatchObject({ type: 'object', additionalProperties: true })
  })

  test.each([
    [null, 'null'],
    [[1], 'a list'],
    ['x', 'string'],
    [undefined, 'undefined'],
  ])('%j is none', (value, words) => {
    expect(() => validateSync(anyRecord, value, 'record')).toThrow(
      `record: expected an object with the record's fields, got ${words}`,
    )
  })
})

describe('kinds of values', () => {
  test('errors and plain objects of any realm, and nothing else', () => {
    expect([isError(new TypeError('x')), isError(runInNewContext('new Error("x")'))]).toEqual([true, true])
    expect([isError({ message: 'x' }), isError(null), isError('x')]).toEqual([false, false, false])
    for (const plain of [{}, { a: 1 }, Object.create(null), runInNewContext('({})')])
      expect(isPlainObject(plain)).toBe(true)
    const inherits: unknown = Object.create({ a: 1 })
    const headless: unknown = Object.create(Object.create(null) as object)
    for (const other of [null, undefined, 1, 'x', [], new Map(), new Date(), inherits, headless, () => 1])
      expect(isPlainObject(other)).toBe(false)
  })
})

describe('the fields that JSON has no word for', () => {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any field will do
  const accepts = (one: Schema<any, unknown>, value: unknown): boolean => {
    try {
      validateSync(one, value, 'x')
      return true
    } catch {
      return false
    }
  }

  test('int64: what fits into 64 bits, given as bigint, safe integer or digits', () => {
    const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n]
    for (const good of [0, -1, Number.MAX_SAFE_INTEGER, '12', '-12', String(min), String(max), min, max])
      expect(validateSync(int64(), good, 'x')).toBe(BigInt(good))
    const bad = [1.5, 2 ** 53, NaN, '', '1.5', 'x1', '1x', '+1', String(max + 1n), String(min - 1n), max + 1n, min - 1n]
    for (const value of [...bad, '1'.repeat(20), null, true, {}]) expect(accepts(int64(), value)).toBe(false)
    expect(toJsonSchema(int64('How many.'), 'input')).toEqual({
      description: 'How many.',
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
    })
    expect('description' in toJsonSchema(int64(), 'input')).toBe(false)
  })

  test('bytes: an array of them or a stream', () => {
    async function* stream(): AsyncIterable<Uint8Array> {}
    for (const good of [new Uint8Array(1), Buffer.alloc(0), stream()]) expect(accepts(bytes(), good)).toBe(true)
    for (const bad of ['x', null, undefined, {}, [1], () => stream()]) expect(accepts(bytes(), bad)).toBe(false)
    expect(toJsonSchema(bytes('Its content.'), 'output')).toEqual({
      description: 'Its content.',
      oneOf: [
        {
          type: 'object',
          properties: { $bytes: { type: 'string', contentEncoding: 'base64' } },
          required: ['$bytes'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: { file: { type: 'string' }, sha256: { type: 'string' }, bytes: { type: 'integer' } },
          required: ['file', 'sha256', 'bytes'],
          additionalProperties: false,
        },
      ],
    })
  })

  test('body: all the ways to hand over bytes, never a bare string', () => {
    async function* stream(): AsyncIterable<Uint8Array> {}
    const good = [new Uint8Array(1), stream(), stream, new Blob([]), { text: '' }, { base64: '' }, { file: 'a' }]
    for (const value of good) expect(accepts(body(), value)).toBe(true)
    const bad = [
      'x',
      3,
      null,
      undefined,
      {},
      { text: 1 },
      { text: 'a', file: 'b' },
      { other: 'a' },
      ['text'],
      { file: null },
    ]
    for (const value of bad) expect(accepts(body(), value)).toBe(false)
    const made = toJsonSchema(body('What to send.'), 'input') as { oneOf: { required: string[] }[] }
    expect(made).toMatchObject({ description: 'What to send.' })
    expect(made.oneOf.map(({ required }) => required)).toEqual([['text'], ['base64'], ['file']])
  })

  test('secret: a text that is not empty, or a Secret; marked for JSON faces', () => {
    const given = new Secret('s')
    expect(validateSync(secret(), given, 'x')).toBe(given)
    expect(validateSync(secret(), 'text', 'x').reveal()).toBe('text')
    for (const bad of ['', 3, null, undefined, ['a'], { length: 3 }]) expect(accepts(secret(), bad)).toBe(false)
    expect(toJsonSchema(secret('The key.'), 'input')).toEqual({
      type: 'string',
      minLength: 1,
      secret: true,
      description: 'The key.',
    })
    expect(toJsonSchema(secret(), 'output')).toEqual({ type: 'string', minLength: 1, secret: true })
  })

  test('timestamp and personal data', () => {
    for (const good of ['2026-11-24T08:30:00Z', '2026-11-24T08:30:00.123+02:00'])
      expect(accepts(timestamp(), good)).toBe(true)
    for (const bad of ['2026-11-24', '2026-11-24T08:30:00', 'x', 3]) expect(accepts(timestamp(), bad)).toBe(false)
    expect(toJsonSchema(timestamp('When.'), 'input')).toMatchObject({ format: 'date-time', description: 'When.' })
    expect('description' in toJsonSchema(timestamp(), 'input')).toBe(false)
    expect(toJsonSchema(pii(z.string()), 'input')).toMatchObject({ type: 'string', pii: true })
  })
})
