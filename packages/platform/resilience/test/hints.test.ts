import { describe, expect, test } from '@jest/globals'
import { readRetryHints } from '../src/index.ts'

const now = Date.UTC(2026, 4, 1, 12, 0, 0)

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    ['0', 0],
    [' 1.5 ', 1_500],
    ['-3', 0],
    ['Fri, 01 May 2026 12:00:30 GMT', 30_000],
    ['Friday, 01-May-26 12:00:30 GMT', 30_000],
    ['Fri May  1 12:00:30 2026', 30_000],
    ['Fri, 01 May 2026 11:00:00 GMT', 0],
    ['99999999999', 300_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 300_000],
    ['1e9', undefined],
    ['Infinity', undefined],
    ['NaN', undefined],
    ['0x10', undefined],
    ['soon', undefined],
    ['', undefined],
    ['2027-01-01', undefined],
    ['9'.repeat(5_000), undefined],
    [`Fri${' '.repeat(100_000)}`, undefined],
  ])('%.40s is %p ms', (value, expected) => {
    expect(readRetryHints({ 'retry-after': value }, now).retryAfterMs).toBe(expected)
  })

  test('a date counts from the Date header where there is one, whatever our clock says', () => {
    const headers = { date: 'Fri, 01 May 2026 09:00:00 GMT', 'retry-after': 'Fri, 01 May 2026 09:00:10 GMT' }
    expect(readRetryHints(headers, now).retryAfterMs).toBe(10_000)
  })

  test('the first of several counts, and the forms in milliseconds before those in seconds', () => {
    expect(readRetryHints({ 'retry-after': ['7', '9'] }, now).retryAfterMs).toBe(7_000)
    expect(readRetryHints({ 'retry-after-ms': '250', 'retry-after': '1' }, now).retryAfterMs).toBe(250)
    expect(readRetryHints({ 'x-ms-retry-after-ms': '80' }, now).retryAfterMs).toBe(80)
  })

  test('the ceiling can be lowered', () => {
    expect(readRetryHints({ 'retry-after': '120' }, now, 1_000).retryAfterMs).toBe(1_000)
  })
})

describe('rate-limit headers', () => {
  test.each([
    ['nothing left', { ratelimit: '"default";r=0;t=30' }, { retryAfterMs: 30_000, remaining: 0, resetMs: 30_000 }],
    ['some left', { ratelimit: '"default";r=5;t=30' }, { remaining: 5, resetMs: 30_000 }],
    [
      'the window of the policy stands in for a missing t',
      { ratelimit: '"hour";r=0', 'ratelimit-policy': '"minute";q=10;w=60, "hour";q=100;w=120' },
      { retryAfterMs: 120_000, remaining: 0, resetMs: 120_000 },
    ],
    [
      'the strictest of several',
      { ratelimit: '"a";r=3;t=5, "b";r=0;t=50, "c";r=0;t=20' },
      { retryAfterMs: 50_000, remaining: 0, resetMs: 50_000 },
    ],
    [
      'the earlier draft',
      { ratelimit: 'limit=100, remaining=0, reset=9' },
      { retryAfterMs: 9_000, remaining: 0, resetMs: 9_000 },
    ],
    [
      'the draft before that',
      { 'ratelimit-limit': '9', 'ratelimit-remaining': '0', 'ratelimit-reset': '4' },
      { retryAfterMs: 4_000, remaining: 0, resetMs: 4_000 },
    ],
    [
      'GitHub: the time in seconds',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1_000 + 20) },
      { retryAfterMs: 20_000, remaining: 0, resetMs: 20_000 },
    ],
    [
      'the time in milliseconds, which has passed',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now - 5_000) },
      { retryAfterMs: 0, remaining: 0, resetMs: 0 },
    ],
    [
      'Discord: seconds from now with a fraction',
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9999999999', 'x-ratelimit-reset-after': '1.25' },
      { retryAfterMs: 1_250, remaining: 0, resetMs: 1_250 },
    ],
    ['nothing left and no end named', { 'x-ratelimit-remaining': '0' }, { remaining: 0 }],
    [
      'hostile numbers',
      { ratelimit: '"x";r=-1;t=99999999999999' },
      { retryAfterMs: 300_000, remaining: 0, resetMs: 300_000 },
    ],
    ['a prototype key', { ratelimit: '__proto__=0;r=0;t=1' }, { retryAfterMs: 1_000, remaining: 0, resetMs: 1_000 }],
    ['rubbish', { ratelimit: ';;;=,,==;r=;t=x', 'ratelimit-policy': '???' }, {}],
    ['none', {}, {}],
  ])('%s', (_, headers, expected) => {
    expect(readRetryHints(headers, now)).toEqual(expected)
  })

  test('Retry-After wins over them', () => {
    expect(readRetryHints({ 'retry-after': '2', ratelimit: '"x";r=0;t=30' }, now)).toEqual({
      retryAfterMs: 2_000,
      remaining: 0,
      resetMs: 30_000,
    })
  })
})
