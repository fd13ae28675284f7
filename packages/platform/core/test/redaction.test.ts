import { inspect } from 'node:util'
import { describe, expect, test } from '@jest/globals'
import { Redactor, scrub, Secret } from '../src/index.ts'

describe('a Secret', () => {
  test('shows as [secret] wherever it is printed, and keeps its mark to itself', () => {
    const value = new Secret('the text', 'env KEY')
    expect([String(value), JSON.stringify({ value }), inspect({ value })]).toEqual([
      '[secret]',
      '{"value":"[secret]"}',
      '{ value: [secret] }',
    ])
    expect(value.origin).toBe('env KEY')
    expect(new Secret('x').origin).toBe('value')
    expect(Object.getOwnPropertySymbols({ ...value })).toEqual([])
    expect(Secret.is({ [Symbol.for('casare.Secret')]: 1 })).toBe(true)
    for (const other of [null, undefined, 'x', {}, () => 1]) expect(Secret.is(other)).toBe(false)
  })
})

describe('a redactor', () => {
  const knowing = (...values: (string | Secret)[]): Redactor => {
    const redactor = new Redactor()
    for (const value of values) redactor.add(value)
    return redactor
  }

  test('knows values of eight characters or more', () => {
    expect(knowing('1234567').text('a 1234567 b')).toBe('a 1234567 b')
    expect(knowing('12345678').text('12345678')).toBe('[secret]')
    expect(knowing(new Secret('12345678')).text('a 12345678 b 12345678')).toBe('a [secret] b [secret]')
    expect(new Redactor().text('anything at all')).toBe('anything at all')
  })

  test('replaces the longest form first, and reads none of them as a pattern', () => {
    expect(knowing('password', 'password-longer').text('password-longer')).toBe('[secret]')
    expect(knowing('password-longer', 'password').text('password-longer')).toBe('[secret]')
    const hostile = '^a.b*c+d?(e)[f]{g}|h/i-j\\k$'
    expect(knowing(hostile).text(`x ${hostile} y`)).toBe('x [secret] y')
    expect(knowing('a.......').text('abcdefgh')).toBe('abcdefgh')
  })

  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  test.each([
    [
      'base64 without padding',
      'secret-value',
      (text: string) => Buffer.from(`${text}1`).toString('base64').replace(/=+$/, ''),
    ],
    ['upper-case hex', 'secret-value', (text: string) => Buffer.from(text).toString('hex').toUpperCase()],
    ['lower-case hex', 'secret-value', (text: string) => Buffer.from(text).toString('hex')],
    ['lower-case percent', 'söcret/value', (text: string) => encodeURIComponent(text).toLowerCase()],
    ['numeric HTML', `it's a <secret>`, (text: string) => text.replace(/[<>']/g, (c) => `&#${c.charCodeAt(0)};`)],
    ['named HTML', '"a" <secret> & more', (text: string) => text.replace(/[&<>"]/g, (c) => names[c] ?? c)],
    ['a URI', 'a sécret/value', (text: string) => encodeURI(text)],
    ['plus signs', 'a secret of words', (text: string) => text.replaceAll(' ', '+')],
    ['JSON twice', 'a "secret" value', (text: string) => JSON.stringify(JSON.stringify(text)).slice(3, -3)],
  ])('finds it in %s', (_name, text, encoded) => {
    expect(knowing(text, `${text}1`).text(`before ${encoded(text)} after`)).toBe('before [secret] after')
  })

  test('a lone surrogate is no reason to fail', () => {
    expect(knowing('half \ud800 of a pair').text('x half \ud800 of a pair y')).toBe('x [secret] y')
  })

  test('keeps the 512 values registered last, and finds all of them', () => {
    const redactor = new Redactor()
    for (let i = 0; i < 512; i += 1) redactor.add(`run-time-token-${i}`)
    expect(redactor.text('run-time-token-0')).toBe('[secret]')
    redactor.add('run-time-token-0')
    expect(redactor.text('run-time-token-1')).toBe('[secret]')
    redactor.add('run-time-token-512')
    expect(redactor.text('run-time-token-0.')).toBe('run-time-token-0.')
    expect(redactor.text('run-time-token-1.')).toBe('[secret].')
    expect(redactor.text('run-time-token-511.')).toBe('[secret].')
  })

  test('very long values, and very many long ones, are found too, and nothing of them is thrown', () => {
    const huge = 'huge secret '.repeat(200_000)
    const redactor = knowing(huge, 'short-secret')
    expect(redactor.text(`a ${huge} b short-secret`)).toBe('a [secret] b [secret]')
    expect(redactor.text(`x ${Buffer.from(huge).toString('base64')} y`)).toBe('x [secret] y')
    const many = knowing(...Array.from({ length: 512 }, (_, index) => `${index}-${'token-of-some-length'.repeat(80)}`))
    expect(many.text(`a 511-${'token-of-some-length'.repeat(80)} b`)).toBe('a [secret] b')
  })

  test('says how much a streaming reader must keep back, and keeps no more', () => {
    const redactor = new Redactor()
    expect([redactor.size, redactor.longest]).toEqual([0, 0])
    redactor.add('12345678')
    expect(redactor.size).toBeGreaterThan(3)
    expect(redactor.longest).toBe(Buffer.from('12345678').toString('hex').length)
    const stream = redactor.stream()
    expect(stream.push('x'.repeat(100))).toBe('x'.repeat(100 - redactor.longest + 1))
    expect(stream.push('1234')).toBe('xxxx')
    expect(stream.push('5678')).toBe('xxxx')
    expect(stream.end()).toBe(`${'x'.repeat(redactor.longest - 1 - 8)}[secret]`)
    expect(stream.end()).toBe('')
  })

  test('a Basic header: the password alone, and as it is sent', () => {
    const redactor = new Redactor()
    redactor.addBasic('user', new Secret('pass-word-1'))
    expect(redactor.text('pass-word-1')).toBe('[secret]')
    expect(redactor.text(`Basic ${Buffer.from('user:pass-word-1').toString('base64')}`)).toBe('Basic [secret]')
  })
})

describe('scrubbing', () => {
  const redactor = new Redactor()
  redactor.add('pass-word-1')

  test('texts and addresses by value; plain values stay what they are', () => {
    expect(scrub('x pass-word-1', redactor)).toBe('x [secret]')
    expect(scrub(new URL('http://h/?k=pass-word-1'), redactor)).toBe('http://h/?k=[secret]')
    const date = new Date(0)
    for (const plain of [3, null, undefined, true, date]) expect(scrub(plain, redactor)).toBe(plain)
    const secret = new Secret('x')
    expect(scrub({ secret }, redactor)).toEqual({ secret })
    expect(scrub(new Map(), redactor)).toBeUndefined()
    expect(scrub(() => 1, redactor)).toBeInstanceOf(Function)
  })

  test('fields that are secret by their name, whatever their text; others by value only', () => {
    const names = ['Authorization', 'cookie', 'password', 'client_secret', 'apiKey', 'accessToken', 'private_key']
    for (const name of names) expect(scrub({ [name]: 'x' }, redactor)).toEqual({ [name]: '[secret]' })
    expect(scrub({ password: 3, name: 'x', passwordless: 'x' }, redactor)).toEqual({
      password: 3,
      name: 'x',
      passwordless: 'x',
    })
    expect(scrub({ [Symbol('password')]: 'x' }, redactor)).not.toEqual({})
  })

  test('in place, in depth, in lists and causes and stacks', () => {
    const cause = new Error('inner pass-word-1')
    const error = Object.assign(new Error('outer pass-word-1', { cause }), { list: [{ a: ['pass-word-1'] }] })
    expect(scrub(error, redactor)).toBe(error)
    expect(error.message).toBe('outer [secret]')
    expect(cause.message).toBe('inner [secret]')
    expect(error.list).toEqual([{ a: ['[secret]'] }])
    expect(error.stack).toContain('outer [secret]')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('pass-word-1')
    expect(Object.getOwnPropertyDescriptor(error, 'message')).toMatchObject({
      enumerable: false,
      writable: true,
      configurable: true,
    })
  })

  test('what is live or computed goes', () => {
    const holder = Object.defineProperty({ live: new Map(), keep: 1 }, 'computed', {
      get: () => 'pass-word-1',
      enumerable: true,
      configurable: true,
    })
    expect(Object.keys(scrub(holder, redactor) as object)).toEqual(['keep'])
    const hidden = Object.defineProperty({}, 'computed', { get: () => 'x', enumerable: false })
    expect(Object.getOwnPropertyDescriptor(scrub(hidden, redactor), 'computed')?.get).toBeInstanceOf(Function)
    const stuck = Object.defineProperty({}, 'live', { value: new Map([['k', 'pass-word-1']]), writable: true })
    expect((scrub(stuck, redactor) as { live?: unknown }).live).toBeUndefined()
    const list = [new Map(), 'x']
    expect(scrub(list, redactor)).toHaveLength(2)
    expect(list[0]).toBeUndefined()
  })

  test('a frozen object is left as it is', () => {
    expect(() => scrub(Object.freeze({ a: 'pass-word-1' }), redactor)).not.toThrow()
  })

  test('ends: eight levels deep, after 2,000 objects, in circles', () => {
    const circle: Record<string, unknown> = { text: 'pass-word-1' }
    circle['self'] = circle
    expect(scrub(circle, redactor)).toBe(circle)
    expect(circle['text']).toBe('[secret]')
    const deep = (levels: number): unknown => {
      let value: unknown = 'x'
      for (let i = 0; i < levels; i += 1) value = { value }
      return value
    }
    expect(JSON.stringify(scrub(deep(9), redactor))).not.toContain('too deep')
    expect(JSON.stringify(scrub(deep(10), redactor))).toContain('[too deep]')
    const many = Array.from({ length: 2_500 }, () => ({ a: 1 }))
    const left = (scrub(many, redactor) as unknown[]).filter((one) => typeof one === 'object')
    expect(left).toHaveLength(2_000)
  })
})
