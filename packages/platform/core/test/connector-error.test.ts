import { describe, expect, test } from '@jest/globals'
import { ConnectorError, errorCodes, factsOf, invalidInput, networkFacts } from '../src/index.ts'

describe('a ConnectorError', () => {
  test.each(errorCodes)('%s: what the code alone says', (code) => {
    const error = new ConnectorError({ code, message: 'm' })
    const mayHaveHappened = ['timeout', 'unavailable', 'cancelled', 'outcome_unknown', 'internal'].includes(code)
    expect(error.applied).toBe(mayHaveHappened ? 'maybe' : 'no')
    expect(error.transient).toBe(['rate_limited', 'timeout', 'unavailable'].includes(code))
    expect(error.overload).toBe(code === 'rate_limited')
    expect(error.retryable).toBe(code === 'rate_limited')
    expect([error.name, error.message]).toEqual(['ConnectorError', 'm'])
  })

  test('what is stated counts before what the code says', () => {
    const stated = { code: 'unavailable', message: 'm', applied: 'no', transient: true, overload: true } as const
    expect(new ConnectorError(stated)).toMatchObject({ applied: 'no', retryable: true, overload: true })
    expect(new ConnectorError({ ...stated, transient: false }).retryable).toBe(false)
    expect(new ConnectorError({ ...stated, applied: 'maybe' }).retryable).toBe(false)
    expect(new ConnectorError(stated, { retryable: false }).retryable).toBe(false)
    expect(new ConnectorError({ code: 'rate_limited', message: 'm', overload: false }).overload).toBe(false)
  })

  test('has a cause only where there is one', () => {
    expect('cause' in new ConnectorError({ code: 'internal', message: 'm' })).toBe(false)
    expect(new ConnectorError({ code: 'internal', message: 'm', cause: null }).cause).toBeNull()
    expect(invalidInput('m', 'why')).toMatchObject({ code: 'invalid_input', message: 'm', cause: 'why' })
  })

  test('is recognised by its brand, which is not shown', () => {
    const error = invalidInput('m')
    expect(ConnectorError.is(error)).toBe(true)
    expect(ConnectorError.is(error, 'invalid_input')).toBe(true)
    expect(ConnectorError.is(error, 'internal')).toBe(false)
    for (const other of [undefined, null, 'x', 3, {}, new Error('x')]) expect(ConnectorError.is(other)).toBe(false)
    expect(Object.getOwnPropertySymbols({ ...error })).toEqual([])
    const ofAnotherCopy = { code: 'timeout', [Symbol.for('casare.ConnectorError')]: 1 }
    expect(ConnectorError.is(ofAnotherCopy, 'timeout')).toBe(true)
  })

  const full = new ConnectorError(
    {
      code: 'rate_limited',
      message: 'slow down',
      applied: 'no',
      transient: true,
      retryAfterMs: 20,
      overload: true,
      status: 429,
      vendorCode: 'SlowDown',
      requestId: 'r1',
      cause: 'why',
    },
    { connector: 'shelf', operation: 'put', attempts: 2, idempotencyKey: 'k', retryable: true },
  )

  test('`with` adds what is known and keeps the rest, the stack too', () => {
    const same = ConnectorError.with(full, {})
    expect({ ...same }).toEqual({ ...full })
    expect(same).not.toBe(full)
    expect([same.stack, same.cause]).toEqual([full.stack, 'why'])
    const other = ConnectorError.with(
      full,
      { connector: 'c', operation: 'o', attempts: 9, idempotencyKey: 'i', retryable: false },
      { code: 'internal', status: 500 },
    )
    expect(other).toMatchObject({
      connector: 'c',
      operation: 'o',
      attempts: 9,
      idempotencyKey: 'i',
      retryable: false,
      code: 'internal',
      status: 500,
      vendorCode: 'SlowDown',
    })
    const stackless = invalidInput('m')
    Object.defineProperty(stackless, 'stack', { value: undefined })
    expect(typeof ConnectorError.with(stackless, {}).stack).toBe('string')
  })

  test('as JSON: what is known, without stack and cause; what is not known is left out', () => {
    expect(JSON.parse(JSON.stringify(full))).toEqual({
      code: 'rate_limited',
      message: 'slow down',
      applied: 'no',
      retryable: true,
      retryAfterMs: 20,
      overload: true,
      connector: 'shelf',
      operation: 'put',
      attempts: 2,
      idempotencyKey: 'k',
      status: 429,
      vendorCode: 'SlowDown',
      requestId: 'r1',
    })
    expect(invalidInput('m').toJSON()).toEqual({
      code: 'invalid_input',
      message: 'm',
      applied: 'no',
      retryable: false,
    })
    expect(Object.keys(invalidInput('m').toJSON())).toEqual(['code', 'message', 'applied', 'retryable'])
  })

  test('its facts make another one like it', () => {
    expect(factsOf(full)).toEqual({
      code: 'rate_limited',
      message: 'slow down',
      applied: 'no',
      transient: true,
      retryAfterMs: 20,
      overload: true,
      status: 429,
      vendorCode: 'SlowDown',
      requestId: 'r1',
      cause: 'why',
    })
  })
})

describe('network failures', () => {
  const coded = (code: unknown, more: object = {}): Error => Object.assign(new Error(String(code)), { code, ...more })

  test.each([
    ['ECONNREFUSED', 'unavailable', 'no', true],
    ['ENOTFOUND', 'unavailable', 'no', true],
    ['ECONNRESET', 'unavailable', 'maybe', true],
    ['EPIPE', 'unavailable', 'maybe', true],
    ['ETIMEDOUT', 'timeout', 'maybe', true],
    ['CERT_HAS_EXPIRED', 'unavailable', 'no', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'unavailable', 'no', false],
    ['EACCES', 'permission_denied', 'no', false],
    ['ENOSPC', 'unavailable', 'no', false],
  ])('%s is %s, applied %s', (code, errorCode, applied, transient) => {
    const error = coded(code)
    expect(networkFacts(error, 'S')).toMatchObject({
      code: errorCode,
      applied,
      transient,
      vendorCode: code,
      cause: error,
      message: expect.stringMatching(new RegExp(`^S: .*\\(${code}\\)\\.$`)),
    })
  })

  test('nothing else is one', () => {
    for (const other of [undefined, null, 'ECONNRESET', { code: 'ECONNRESET' }, new Error('ECONNRESET')])
      expect(networkFacts(other, 'S')).toBeUndefined()
    for (const code of ['EOTHER', 'toString', 104, undefined]) expect(networkFacts(coded(code), 'S')).toBeUndefined()
  })

  test('the message says whom it was about, once', () => {
    const message = (error: Error, subject = 'S'): string | undefined => networkFacts(error, subject)?.message
    expect(message(coded('ENOTFOUND', { hostname: 'db.example' }))).toBe(
      'S: host name not found, db.example (ENOTFOUND).',
    )
    expect(message(coded('ECONNREFUSED', { address: '10.0.0.1', port: 5432 }))).toBe(
      'S: connection refused, 10.0.0.1:5432 (ECONNREFUSED).',
    )
    expect(message(coded('ECONNREFUSED', { address: '10.0.0.1' }))).toBe('S: connection refused (ECONNREFUSED).')
    expect(message(coded('ECONNREFUSED', { port: 5432 }))).toBe('S: connection refused (ECONNREFUSED).')
    expect(message(coded('ENOTFOUND', { hostname: 'db.example' }), 'S at db.example')).toBe(
      'S at db.example: host name not found (ENOTFOUND).',
    )
  })

  test('is found below causes and in aggregates, four steps deep', () => {
    const below = (depth: number): Error => {
      let error: Error = coded('ECONNRESET')
      for (let i = 0; i < depth; i += 1) error = new Error('above', { cause: error })
      return error
    }
    expect(networkFacts(below(4), 'S')).toMatchObject({ vendorCode: 'ECONNRESET' })
    expect(networkFacts(below(5), 'S')).toBeUndefined()
    const all = new AggregateError([coded('ECONNREFUSED'), coded('ENOTFOUND')])
    expect(networkFacts(all, 'S')).toMatchObject({ vendorCode: 'ECONNREFUSED', cause: all })
    const odd = Object.assign(new Error('odd', { cause: coded('EPIPE') }), { errors: 'none' })
    expect(networkFacts(odd, 'S')).toMatchObject({ vendorCode: 'EPIPE' })
    expect(networkFacts(new AggregateError([]), 'S')).toBeUndefined()
  })
})

test('a TLS handshake that fails while writing is no defect of ours', () => {
  const error = Object.assign(new Error('write EPROTO: wrong version number'), { code: 'EPROTO', syscall: 'write' })
  expect(networkFacts(error, 'The Ledger')).toMatchObject({
    code: 'unavailable',
    transient: false,
    vendorCode: 'EPROTO',
  })
  expect(networkFacts(new Error('wrapped', { cause: error }), 'The Ledger')).toMatchObject({ code: 'unavailable' })
})
