import { describe, expect, test } from '@jest/globals'
import { addressKind, ConnectorError, EgressGuard, type EgressRules } from '../src/index.ts'

/** Forms in which a request forgery writes an address of this machine, of its network or of its cloud. */
const forgeries = [
  // Loopback.
  ...[
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '0.0.0.0',
  ],
  ...[
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
  ],
  ...[
    '64:ff9b::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::',
    '2002:7f00:0001::1',
    '2001:0:0:0:0:0:80ff:fffe',
  ],
  ...[
    'fe80::5efe:127.0.0.1',
    '2001:db8::5efe:7f00:1',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
    '127.0.0.1.',
  ],
  // Private networks.
  ...[
    '10.0.0.1',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '100.64.0.1',
    '198.18.0.1',
    '::ffff:10.0.0.1',
  ],
  ...['fc00::1', 'fd12:3456::1', 'fec0::1', '64:ff9b::a00:1', '2002:a00:1::', '2002:c0a8:1::1'],
  // Link-local, and the metadata services of clouds.
  ...[
    '169.254.169.254',
    '169.254.0.1',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
  ],
  ...[
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '64:ff9b::a9fe:a9fe',
  ],
  // For documents, protocols, many at once, and nobody.
  ...[
    '192.0.2.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '192.0.0.1',
    '192.88.99.1',
  ],
  ...['2001:db8::1', 'ff02::1', '100::1', '5f00::1', '3fff::1', '2001:10::1', '4000::1'],
]

const strangers = [
  '8.8.8.8',
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '2001:4860:4860::8888',
  '2606:4700::1111',
  '64:ff9b::808:808',
  '2002:808:808::1',
]

/** A guard whose names resolve as a test says. */
function guard(rules: EgressRules = {}, names: Readonly<Record<string, readonly string[]>> = {}): EgressGuard {
  return new EgressGuard(rules, (host, _options, callback) => {
    const found = names[host]
    if (found === undefined) callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), [])
    else
      callback(
        null,
        found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  })
}

/** What a socket would connect to. */
async function connected(one: EgressGuard, host: string, all = true): Promise<unknown> {
  try {
    one.check(host)
  } catch (error) {
    return ConnectorError.is(error, 'permission_denied') ? 'refused' : error
  }
  return new Promise((resolve) =>
    one.lookup(host, { all }, (error, address) =>
      resolve(error === null ? address : ConnectorError.is(error, 'permission_denied') ? 'refused' : error.message),
    ),
  )
}

describe('an address', () => {
  test.each(strangers)('%s is public', (address) => {
    expect(addressKind(address)).toBe('public')
  })

  test.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['[::ffff:127.0.0.1]', 'loopback'],
    ['10.0.0.1', 'private'],
    ['fd00::1', 'private'],
    ['169.254.1.1', 'link_local'],
    ['fe80::1%eth0', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['0.0.0.0', 'reserved'],
    ['::', 'reserved'],
    ['::ffff:8.8.8.8', 'public'],
    ['a.example', undefined],
    ['127.1', undefined],
    ['', undefined],
  ])('%s: %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind)
  })
})

describe('the guard', () => {
  test('forged forms of addresses', async () => {
    // Even where the system's resolver knows the unusual forms.
    const resolves = Object.fromEntries(forgeries.map((form) => [form, ['127.0.0.1']]))
    const one = guard({}, resolves)
    const accepted: string[] = []
    for (const form of forgeries) if ((await connected(one, form)) !== 'refused') accepted.push(form)
    process.stderr.write(`SSRF address forms: ${forgeries.length} tried, ${accepted.length} accepted\n`)
    expect(accepted).toEqual([])
  })

  test('public addresses and names pass', async () => {
    const one = guard({}, { 'api.example': ['93.184.216.34', '2606:4700::1111'] })
    for (const address of strangers) expect(() => one.check(address)).not.toThrow()
    expect(await connected(one, 'api.example')).toEqual([
      { address: '93.184.216.34', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ])
    expect(await connected(one, 'api.example', false)).toBe('93.184.216.34')
    expect(await connected(one, 'nobody.example')).toBe('not found')
  })

  test('a name is what it resolves to: the addresses that are allowed are used, and only they', async () => {
    const names = {
      'inside.example': ['10.0.0.5'],
      'both.example': ['10.0.0.5', '93.184.216.34'],
      'metadata.google.internal': ['169.254.169.254'],
      'empty.example': [],
    }
    const one = guard({}, names)
    expect(await connected(one, 'inside.example')).toBe('refused')
    expect(await connected(one, 'both.example')).toEqual([{ address: '93.184.216.34', family: 4 }])
    expect(await connected(one, 'metadata.google.internal')).toBe('refused')
    expect(await connected(one, 'empty.example')).toBe('refused')
    const open = guard({ allowPrivate: true }, names)
    expect(await connected(open, 'inside.example')).toEqual([{ address: '10.0.0.5', family: 4 }])
    expect(await connected(open, 'metadata.google.internal')).toBe('refused')
    for (const address of ['127.0.0.1', '10.0.0.1', 'fe80::1', '169.254.1.1'])
      expect(() => open.check(address)).not.toThrow()
    expect(() => open.check('169.254.169.254')).toThrow(/metadata service/)
  })

  test('a list: names exactly or below, addresses, networks', async () => {
    const names = {
      'api.example': ['93.184.216.34'],
      'a.b.below.example': ['93.184.216.34'],
      'db.inside': ['10.1.2.3'],
      'another.inside': ['10.1.9.9'],
      'outside.inside': ['10.2.0.1'],
      'below.example': ['8.8.8.8'],
      'evilbelow.example': ['8.8.8.8'],
      'api.example.evil': ['8.8.8.8'],
    }
    const one = guard(
      { allow: ['API.example.', '*.below.example', 'db.inside', '10.1.0.0/16', '1.1.1.1', '2606:4700::/32'] },
      names,
    )
    expect(await connected(one, 'api.example')).toHaveLength(1)
    expect(await connected(one, 'a.b.below.example')).toHaveLength(1)
    // Its address lies in a network that is allowed.
    expect(await connected(one, 'db.inside')).toHaveLength(1)
    for (const good of ['10.1.255.255', '1.1.1.1', '2606:4700:ffff::1']) expect(() => one.check(good)).not.toThrow()
    for (const bad of ['10.2.0.1', '8.8.8.8', '1.1.1.2', '2606:4701::1'])
      expect(() => one.check(bad)).toThrow(/is refused/)
    for (const bad of ['below.example', 'evilbelow.example', 'api.example.evil', 'outside.inside'])
      expect(await connected(one, bad)).toBe('refused')
    expect(await connected(one, 'another.inside')).toHaveLength(1)
    expect(() => guard({ allow: ['api.example'] }).check('below.example')).toThrow(/not in egress.allow/)
    const named = guard({ allow: ['db.inside'] }, names)
    expect(await connected(named, 'db.inside')).toBe('refused')
    expect(() => guard({ allow: ['169.254.169.254'] }).check('169.254.169.254')).not.toThrow()
    expect(() => guard({ allow: ['0.0.0.0/0'] }).check('127.0.0.1')).not.toThrow()
    expect(() => guard({ allow: [] }).check('8.8.8.8')).toThrow(/not in egress.allow/)
  })

  test('a list that means nothing is refused', () => {
    for (const bad of ['10.0.0.0/33', '10.0.0.0/x', '10.0.0.0/', 'a b', '*', 'http://a.example', 'a.*.example', ''])
      expect(() => guard({ allow: [bad] })).toThrow(/egress.allow/)
  })

  test('the refusal says where, why and what to do', () => {
    expect(() => guard().check('10.0.0.1')).toThrow(
      'A connection to 10.0.0.1 is refused: it is an address of a private network. If it is meant, allow it with egress (allow, allowPrivate).',
    )
  })
})
