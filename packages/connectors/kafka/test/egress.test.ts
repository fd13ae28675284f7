import { expect, test } from '@jest/globals'
import { egressRules } from '../src/egress.ts'
import { kafka } from '../src/index.ts'

type Config = Parameters<typeof egressRules>[0]

function rules(brokers: string[], further: Partial<Config> = {}, tls: object = {}) {
  const events: unknown[] = []
  const config = { brokers, allowBrokers: [], brokerAddresses: {}, clientId: 'x', secure: true, ...further } as Config
  return { to: egressRules(config, { tls, event: (name) => void events.push(name) }), events }
}

test('only hosts that are named or allowed are connected to', () => {
  const { to } = rules(['a.example.com:9092'], { allowBrokers: ['*.inner.example.com', 'b.example.com'] })
  for (const host of ['a.example.com', 'A.Example.Com', 'b.example.com', 'x.y.inner.example.com'])
    expect(to({ host, port: 9_093 })).toEqual({ host, port: 9_093 })
  for (const host of [
    'evil.example.org',
    'inner.example.com',
    'evilinner.example.com',
    '10.0.0.1',
    '169.254.169.254',
    '127.0.0.1',
    '::1',
    'localhost',
  ])
    expect(() => to({ host, port: 9_092 })).toThrow(
      expect.objectContaining({ code: 'permission_denied', applied: 'no' }),
    )
})

test('loopback is reached only where a configured broker is there', () => {
  expect(rules(['127.0.0.1:9092']).to({ host: 'localhost', port: 1 })).toEqual({ host: 'localhost', port: 1 })
  expect(() => rules(['127.0.0.1:9092']).to({ host: '10.0.0.1', port: 1 })).toThrow('allowBrokers')
})

test('an address of its own leads elsewhere; without TLS only to this machine, unless that is asked for', () => {
  const tunnel = { brokerAddresses: { 'inner:9092': '127.0.0.1:19092' } }
  expect(rules(['127.0.0.1:1'], tunnel).to({ host: 'inner', port: 9_092 })).toEqual({ host: '127.0.0.1', port: 19_092 })
  expect(() => rules(['127.0.0.1:1'], tunnel).to({ host: 'inner', port: 9_093 })).toThrow('allowBrokers')
  const plain = { secure: false, allowBrokers: ['far.example.com'] }
  expect(() => rules(['127.0.0.1:1'], plain).to({ host: 'far.example.com', port: 1 })).toThrow('not be encrypted')
  const allowed = rules(['127.0.0.1:1'], plain, { insecure: 'plaintext' })
  allowed.to({ host: 'far.example.com', port: 1 })
  allowed.to({ host: 'far.example.com', port: 1 })
  expect(allowed.events).toEqual(['plaintext'])
})

test('addresses that are none are refused with the config', () => {
  for (const brokers of [[], ['no-port'], ['http://x:1'], ['user@host:1'], ['a b:1']])
    expect(() => kafka({ brokers })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})
