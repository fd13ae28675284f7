import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ConnectorError, Secret } from '../src/index.ts'
import { decode } from '../src/json/decode.ts'
import { encode } from '../src/json/encode.ts'
import { SecretHandles } from '../src/runtime/secret-handles.ts'

let spool: string
beforeAll(async () => {
  spool = await mkdtemp(join(tmpdir(), 'casare-spool-'))
})
afterAll(async () => rm(spool, { recursive: true }))

const handles = new SecretHandles()
const out = (value: unknown, revealSecrets = false): Promise<unknown> =>
  encode(value, { handles, revealSecrets, spool })
const back = (value: unknown): unknown => decode(value, handles)
const mebibyte = 1_048_576

function nested(depth: number, innermost: unknown, wrap: (inner: unknown) => unknown): unknown {
  let value = innermost
  for (let i = 0; i < depth; i += 1) value = wrap(value)
  return value
}

async function* chunks(...sizes: number[]): AsyncIterable<Uint8Array> {
  for (const [index, size] of sizes.entries()) yield Buffer.alloc(size, index + 1)
}

describe('outputs', () => {
  test.each([
    ['text', 'text'],
    ['a number', 1.5],
    ['true', true],
    ['null', null],
    ['a list', [1, 'a', null, [true]]],
    ['an object', { a: 1, b: { c: ['d', { e: null }] } }],
    ['of another realm', runInNewContext('({ a: [1, { b: 2 }] })')],
  ])('%s is JSON already and is not copied', async (_name, value: unknown) => {
    expect(await out(value)).toBe(value)
  })

  test.each([
    ['a big integer', -(2n ** 64n), { $bigint: '-18446744073709551616' }],
    ['NaN', NaN, { $number: 'NaN' }],
    ['infinity', -Infinity, { $number: '-Infinity' }],
    ['a time', new Date(1), '1970-01-01T00:00:00.001Z'],
    ['a time that is none', new Date(NaN), null],
    ['an address', new URL('http://a.example/b c'), 'http://a.example/b%20c'],
    ['bytes', Buffer.from('ab'), { $bytes: 'YWI=' }],
    ['a view of bytes', new Uint8Array([0, 97, 98, 0]).subarray(1, 3), { $bytes: 'YWI=' }],
    ['a Blob', new Blob(['ab']), { $bytes: 'YWI=' }],
    ['a map', new Map([['a', 1n]]), { a: { $bigint: '1' } }],
    ['a set', new Set([1n, 'x']), [{ $bigint: '1' }, 'x']],
    ['a function', () => 1, undefined],
    ['a symbol', Symbol('x'), undefined],
    ['undefined', undefined, undefined],
    ['in a list', [1, 2n, [NaN]], [1, { $bigint: '2' }, [{ $number: 'NaN' }]]],
    ['in an object', { a: 1, b: 2n, c: undefined, d: false }, { a: 1, b: { $bigint: '2' }, d: false }],
    [
      'of a class',
      new (class Point {
        x = 1
      })(),
      { x: 1 },
    ],
  ])('%s', async (_name, value: unknown, expected: unknown) => {
    const encoded = await out(value)
    expect(encoded).toEqual(expected)
    if (typeof expected === 'object' && expected !== null)
      expect(Object.keys(encoded as object)).toEqual(Object.keys(expected))
  })

  test('a field named __proto__ stays a field', async () => {
    const encoded = (await out(JSON.parse('{"__proto__":{"polluted":1},"n":1}'))) as object
    expect(Object.keys(encoded)).toEqual(['__proto__', 'n'])
    const copied = (await out(Object.assign(JSON.parse('{"__proto__":{"polluted":1}}') as object, { n: 1n }))) as object
    expect(Object.keys(copied)).toEqual(['__proto__', 'n'])
    expect(JSON.stringify(copied)).toBe('{"__proto__":{"polluted":1},"n":{"$bigint":"1"}}')
    expect((copied as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('ends at a depth of 100, in lists as in objects', async () => {
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner })]) {
      expect(JSON.stringify(await out(nested(99, 1n, wrap)))).toContain('$bigint')
      const cut = JSON.stringify(await out(nested(102, { a: 1n }, wrap)))
      expect(cut).toContain('[too deep]')
      expect(cut).not.toContain('$bigint')
    }
    expect(JSON.stringify(await out(nested(100, { a: 1 }, (inner) => [inner])))).toContain('{"a":1}')
    expect(JSON.stringify(await out(nested(101, { a: 1 }, (inner) => [inner])))).toContain('[too deep]')
  })

  test('secrets leave as handles, or as text where that was asked for', async () => {
    const secret = new Secret('the text')
    const { $secret } = (await out(secret)) as { $secret: string }
    expect(handles.get($secret)).toBe(secret)
    expect(await out({ a: secret }, true)).toEqual({ a: 'the text' })
  })

  test('bytes and streams up to 1 MiB are inline; one more byte goes to a file', async () => {
    expect(await out(Buffer.alloc(mebibyte))).toEqual({ $bytes: Buffer.alloc(mebibyte).toString('base64') })
    expect(await out(chunks(mebibyte - 1, 1))).toMatchObject({ $bytes: expect.stringMatching(/Ag==$/) })
    expect(await out(chunks())).toEqual({ $bytes: '' })
    for (const large of [Buffer.alloc(mebibyte + 1, 7), chunks(mebibyte, 1, 5)]) {
      const { file, bytes } = (await out(large)) as { file: string; bytes: number }
      const content = await readFile(file)
      expect(content.length).toBe(bytes)
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      if (large instanceof Buffer) expect(content.equals(large)).toBe(true)
      else
        expect(content.equals(Buffer.concat([Buffer.alloc(mebibyte, 1), Buffer.alloc(1, 2), Buffer.alloc(5, 3)]))).toBe(
          true,
        )
    }
  })

  test('a stream that breaks leaves no file, and its source is told', async () => {
    let ended = 0
    async function* breaking(): AsyncIterable<Uint8Array> {
      try {
        yield* chunks(mebibyte, mebibyte)
        throw new Error('cut')
      } finally {
        ended += 1
      }
    }
    const before = await readdir(spool)
    await expect(out(breaking())).rejects.toThrow('cut')
    expect(await readdir(spool)).toEqual(before)
    expect(ended).toBe(1)
    const belowAFile = encode(breaking(), { handles, revealSecrets: false, spool: join(import.meta.filename, 'x') })
    await expect(belowAFile).rejects.toThrow(/ENOTDIR/)
  })

  test('a source of many chunks is read in step with the file', async () => {
    const { bytes } = (await out(chunks(...Array.from({ length: 40 }, () => 100_000)))) as { bytes: number }
    expect(bytes).toBe(4_000_000)
  })
})

describe('inputs', () => {
  test.each([
    ['text', 'x'],
    ['a number', 0],
    ['null', null],
    ['undefined', undefined],
    ['bytes', Buffer.from('x')],
    ['a list', [1, { a: 'b' }]],
    ['an object', { a: [{ b: 'c' }], $d: 1 }],
    ['an instance', new Map([['$bigint', '1']])],
    ['a tag nobody knows', { $other: '1' }],
    ['a tag beside something', { $bigint: '1', more: 2 }],
    ['no tag at all', { bigint: '1' }],
  ])('%s is handed on as it is', (_name, value: unknown) => {
    expect(back(value)).toBe(value)
  })

  test('tags become values, at any place', () => {
    expect(back({ $bigint: '-12' })).toBe(-12n)
    expect(back({ $bigint: '9'.repeat(10_000) })).toBe(BigInt('9'.repeat(10_000)))
    expect(back({ $number: 'NaN' })).toBeNaN()
    expect([back({ $number: 'Infinity' }), back({ $number: '-Infinity' })]).toEqual([Infinity, -Infinity])
    expect(back({ $bytes: 'YWI=' })).toEqual(Buffer.from('ab'))
    expect(back({ $bytes: '-_' })).toEqual(Buffer.from('-_', 'base64url'))
    expect(back({ $bytes: '' })).toEqual(Buffer.alloc(0))
    const secret = new Secret('s')
    expect(back([{ $secret: handles.put(secret) }])).toEqual([secret])
    const given = { a: [{ $bigint: '1' }, 2], b: { c: { $bigint: '2' }, d: 'e' }, f: 'g' }
    expect(back(given)).toEqual({ a: [1n, 2], b: { c: 2n, d: 'e' }, f: 'g' })
    expect(given.a[0]).toEqual({ $bigint: '1' })
  })

  test.each([
    [{ $bigint: 1 }, /\$bigint must be/],
    [{ $bigint: '' }, /\$bigint/],
    [{ $bigint: '1x' }, /\$bigint/],
    [{ $bigint: 'x1' }, /\$bigint/],
    [{ $bigint: '1'.repeat(10_001) }, /\$bigint/],
    [{ $number: '5' }, /\$number must be/],
    [{ $number: 'toString' }, /\$number/],
    [{ $number: NaN }, /\$number/],
    [{ $bytes: '!' }, /\$bytes must be base64/],
    [{ $bytes: 'YQ==x' }, /\$bytes/],
    [{ $bytes: '=' + 'a' }, /\$bytes/],
    [{ $bytes: 3 }, /\$bytes/],
    [{ $secret: 3 }, /\$secret must be a handle/],
    [{ $secret: 'made up' }, /unknown here or has expired/],
  ])('a malformed tag is refused (%#)', (value: unknown, message) => {
    expect(() => back(value)).toThrow(message)
    try {
      back([value])
    } catch (error) {
      expect(ConnectorError.is(error, 'invalid_input')).toBe(true)
    }
  })

  test('100 levels and no more', () => {
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ inner })]) {
      expect(() => back(nested(100, {}, wrap))).not.toThrow()
      expect(() => back(nested(101, {}, wrap))).toThrow(/deeper than 100/)
    }
  })
})

test('a table of handles forgets the oldest of more than 10,000', () => {
  const table = new SecretHandles()
  const first = table.put(new Secret('first'))
  const second = table.put(new Secret('second'))
  for (let i = 2; i < 10_000; i += 1) table.put(new Secret('x'))
  expect(table.get(first).reveal()).toBe('first')
  table.put(new Secret('one more'))
  expect(() => table.get(first)).toThrow(/expired/)
  expect(table.get(second).reveal()).toBe('second')
})
