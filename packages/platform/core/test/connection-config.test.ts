import { describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import { ConnectorError, defineConnector, schema, Secret } from '../src/index.ts'
import { readConfig } from '../src/runtime/connection-config.ts'
import { nearest } from '../src/runtime/nearest.ts'
import { secret } from '../src/zod/index.ts'
import { Shelf, shelf } from './support/shelf.ts'

const pooled = defineConnector({
  name: 'pooled',
  title: 'Pooled',
  category: 'other',
  contractVersion: 1,
  uses: ['pool', 'tls', 'readOnly'],
  config: schema(z.strictObject({ url: secret().optional(), deep: z.unknown().optional() })),
  open: () => ({}),
  toError: () => undefined,
})
const read = (config: unknown): ReturnType<typeof readConfig> => readConfig(pooled.spec, config)
const refusal = (config: unknown): string => {
  try {
    read(config)
  } catch (error) {
    expect(ConnectorError.is(error, 'invalid_input')).toBe(true)
    return (error as Error).message
  }
  return 'accepted'
}

describe('a config', () => {
  test('is an object', () => {
    for (const bad of [null, undefined, 3, 'x', [], () => 1])
      expect(refusal(bad)).toBe('pooled: the config must be an object.')
  })

  test('is taken apart: the uniform parts, and the vendor’s own', () => {
    const uniform = {
      pool: { max: 1, min: 0, idleMs: 0, maxLifetimeMs: 1, acquireMs: 1 },
      timeouts: { connectMs: 1, readMs: 2_147_483_647, writeMs: 1, callMs: 1 },
      resilience: false,
      tls: { ca: 'x', cert: 'c', key: 'k', serverName: 's', insecure: 'plaintext' },
      log: () => undefined,
      files: { roots: ['/a'], spool: '/b' },
      readOnly: true,
      validateOutput: false,
    }
    const config = read({ ...uniform, deep: 1 })
    expect(config).toMatchObject({ uniform, vendor: { deep: 1 }, adopted: undefined })
    expect(Object.keys(config.vendor as object)).toEqual(['deep'])
    expect(refusal({ timeouts: undefined, pool: undefined, tls: undefined, log: true })).toBe('accepted')
    expect(refusal({ timeouts: { callMs: undefined } })).toBe('accepted')
  })

  test.each([
    [{ timeouts: 3 }, 'timeouts must be an object'],
    [{ timeouts: null }, 'timeouts must be an object'],
    [{ timeouts: { waitMs: 1 } }, 'timeouts.waitMs is unknown; allowed: connectMs, readMs, writeMs, callMs'],
    [{ timeouts: { readMs: 0 } }, 'timeouts.readMs must be a whole number from 1 to 2147483647'],
    [{ timeouts: { readMs: 1.5 } }, 'timeouts.readMs'],
    [{ timeouts: { readMs: '5' } }, 'timeouts.readMs'],
    [{ timeouts: { readMs: 2_147_483_648 } }, 'timeouts.readMs'],
    [{ pool: { max: 0 } }, 'pool.max must be a whole number from 1'],
    [{ pool: { min: -1 } }, 'pool.min must be a whole number from 0'],
    [{ pool: { size: 1 } }, 'pool.size is unknown'],
    [{ tls: { insecure: true } }, 'tls.insecure can only be "plaintext"'],
    [{ tls: { verify: false } }, 'tls.verify is unknown'],
    [{ files: { root: 'x' } }, 'files.root is unknown'],
    [{ readOnly: 'yes' }, 'readOnly must be true or false'],
    [{ validateOutput: 1 }, 'validateOutput must be true or false'],
    [{ log: 'yes' }, 'log must be true, false or a function'],
  ])('%j is refused', (config: unknown, words) => {
    expect(refusal(config)).toContain(words)
  })

  test('its secrets are known to the redactor: plain, inside addresses, in depth, and the key of a certificate', () => {
    const key = Object.assign(new Secret('-key-of-the-certificate-'))
    const { redactor } = read({
      url: 'postgres://us%40er:p%C3%A4ss-word@host/db',
      deep: { list: [{ inner: new Secret('inner-secret') }] },
      tls: { key },
    })
    for (const hidden of ['p%C3%A4ss-word', 'päss-word', 'inner-secret', '-key-of-the-certificate-'])
      expect(redactor.text(`a ${hidden} b`)).toBe('a [secret] b')
    expect(redactor.text(Buffer.from('us@er:päss-word').toString('base64'))).toBe('[secret]')
    const odd = read({ url: 'http://user:100%25-per%cent@host' })
    expect(odd.redactor.text('100%25-per%cent')).toBe('[secret]')
    expect(read({ url: 'http://host-without-password/' }).redactor.text('nothing else')).toBe('nothing else')
  })

  test('secrets deeper than six levels are not looked for', () => {
    const nest = (levels: number): unknown => {
      let value: unknown = new Secret('deep-secret')
      for (let i = 0; i < levels; i += 1) value = { value }
      return value
    }
    expect(read({ deep: nest(5) }).redactor.text('deep-secret')).toBe('[secret]')
    expect(read({ deep: nest(6) }).redactor.text('deep-secret')).toBe('deep-secret')
  })

  test('an adopted client takes only what is ours', () => {
    const client = new Shelf()
    const ours = { resilience: false, timeouts: {}, log: false, files: {}, validateOutput: true }
    expect(readConfig(shelf.spec, { client, ...ours })).toMatchObject({ vendor: undefined, adopted: { client } })
    for (const other of [{ slow: true }, { readOnly: true }, { password: 'x' }])
      expect(() => readConfig(shelf.spec, { client, ...other })).toThrow(/has no effect on a client you own/)
    expect(() => read({ client: {} })).toThrow(/pooled cannot adopt a client/)
    expect(readConfig(shelf.spec, { client: undefined }).adopted).toBeUndefined()
  })
})

describe('the nearest names', () => {
  test.each([
    ['putObjet', ['putObject', 'getObject', 'deleteObject'], ' Did you mean "putObject"?'],
    ['PUTOBJECT', ['putObject'], ' Did you mean "putObject"?'],
    ['object', ['putObject', 'x'], ' Did you mean "putObject"?'],
    ['abc', ['abd', 'ab', 'abcd', 'abcde', 'xyz'], ' Did you mean "abd" or "ab" or "abcd"?'],
    ['ab', ['xy', 'a', 'xyz'], ' Did you mean "a" or "xy"?'],
    ['nothing', ['else', 'here'], ''],
    ['abcdef', ['badcfe'], ''],
    ['x'.repeat(70), ['x'.repeat(69)], ''],
    ['x'.repeat(64), ['x'.repeat(63)], ` Did you mean "${'x'.repeat(63)}"?`],
    ['kitten', ['sitten', 'sittin'], ' Did you mean "sitten" or "sittin"?'],
    ['anything', [], ''],
  ])('of %s', (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected)
  })
})
