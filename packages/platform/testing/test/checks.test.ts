import { ConnectorError } from '@casare/core'
import { describe, expect, test } from '@jest/globals'
import { judge } from '../src/effects/judge.ts'
import { canary, encodingsOf, registerChecks, runChecks, type Check, type SuiteFacts } from '../src/index.ts'

const facts: SuiteFacts = {
  connector: 'sample',
  suite: 'conformance',
  peer: { name: 'Nobody', version: '1', kind: 'simulator' },
}
const check = (name: string, run: Check['run']): Check => ({ promise: 'promises', name, run })

describe('checks', () => {
  test('pass with the number of their cases, fail, or do not apply; none at all is a failure', async () => {
    const results = await runChecks(facts, [
      check('good', async () => 3),
      check('bad', () => Promise.reject(new Error('it is not so'))),
      check('elsewhere', async () => ({ notApplicable: 'There is no wire.' })),
      check('empty', async () => 0),
    ])
    expect(results.map(({ outcome, cases, reason }) => [outcome, cases, reason])).toEqual([
      ['passed', 3, undefined],
      ['failed', 0, 'it is not so'],
      ['not applicable', 0, 'There is no wire.'],
      ['failed', 0, expect.stringContaining('nothing to check')],
    ])
  })

  test('any runner with describe and test will do; its names say what does not apply', async () => {
    const tests = new Map<string, () => Promise<void>>()
    registerChecks(
      facts,
      [
        check('bad', () => Promise.reject(new Error('it is not so'))),
        { ...check('elsewhere', async () => ({ notApplicable: 'no wire' })), notApplicable: 'no wire' },
      ],
      { describe: (_name, body) => body(), test: (name, body) => void tests.set(name, body) },
    )
    expect([...tests.keys()]).toEqual(['promises: bad', 'promises: elsewhere (not applicable: no wire)'])
    await expect(tests.get('promises: bad')?.()).rejects.toThrow('it is not so')
    await tests.get('promises: elsewhere (not applicable: no wire)')?.()
  })
})

describe('the judge of effects', () => {
  const error = (facts: ConstructorParameters<typeof ConnectorError>[0]) => ({ error: new ConnectorError(facts) })
  const reset = { code: 'unavailable', message: 'reset', applied: 'maybe' } as const

  test('what was reported as it is', () => {
    judge('ok', { value: 1 }, 1, true)
    judge('refused', error({ code: 'conflict', message: 'no' }), 0, true)
    judge('unknown', error({ code: 'outcome_unknown', message: '?' }), 1, true)
    judge('a repeatable one', error(reset), 1, false)
  })

  test.each([
    ['doubled', { value: 1 }, 2],
    ['lost', { value: 1 }, 0],
    ['denied', error({ code: 'already_exists', message: 'there' }), 1],
    ['claimed', error({ code: 'internal', message: 'x', applied: 'yes' }), 0],
    ['unknown, and not said', error(reset), 1],
    ['no ConnectorError', { error: new Error('raw') }, 0],
  ])('%s is found', (_name, ending, applied) => {
    expect(() => judge('it', ending, applied, true)).toThrow('it: ')
  })
})

test('twelve encodings of a secret, all different, each found inside of what carries it', () => {
  const forms = encodingsOf(canary)
  expect(new Set(Object.values(forms)).size).toBe(12)
  for (const user of ['', 'a', 'ab'])
    expect(
      Object.values(forms).some((form) => Buffer.from(`${user}:${canary}!`).toString('base64').includes(form)),
    ).toBe(true)
})
