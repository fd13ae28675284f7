import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, type JWK } from 'jose'
import { ConnectorError, Secret } from '@casare/core'
import { remoteKeySet, signJwt, verifyJwt, type VerifyJwtOptions } from '@casare/auth'

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = new Secret(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
const otherPair = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const otherPem = new Secret(otherPair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const now = (): number => Math.floor(Date.now() / 1000)
const good = (): Record<string, unknown> => ({
  iss: 'https://idp.example',
  aud: 'api',
  sub: 'somebody',
  exp: now() + 60,
})

let jwk: JWK
let base: VerifyJwtOptions
beforeAll(async () => {
  jwk = { ...(await exportJWK(createPublicKey(publicPem))), kid: 'k1', alg: 'RS256', use: 'sig' }
  base = { keys: { keys: [jwk] }, algorithms: ['RS256'], issuer: 'https://idp.example', audience: 'api' }
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
/** A token put together by hand. */
function forge(header: object, claims: object, sign: (text: string) => string): string {
  const text = `${encode(header)}.${encode(claims)}`
  return `${text}.${sign(text)}`
}
const hmac = (secret: string) => (text: string) => createHmac('sha256', secret).update(text).digest('base64url')

async function refusal(token: string, options: Partial<VerifyJwtOptions> = {}): Promise<string> {
  try {
    await verifyJwt(token, { ...base, ...options })
  } catch (error) {
    expect(ConnectorError.is(error, 'unauthenticated')).toBe(true)
    if (token.length > 10) expect((error as Error).message).not.toContain(token)
    return (error as Error).message.replace('The token is refused: ', '')
  }
  return 'accepted'
}

test('a good token gives its claims, with a small difference of clocks', async () => {
  expect(await verifyJwt(await signJwt(good(), { key: pem, keyId: 'k1' }), base)).toMatchObject({ sub: 'somebody' })
  const late = new Secret(await signJwt({ ...good(), exp: now() - 3 }, { key: pem, keyId: 'k1' }))
  expect(await verifyJwt(late, base)).toMatchObject({ sub: 'somebody' })
  const several = { issuer: ['https://a.example', 'https://idp.example'], audience: ['x', 'api'] }
  expect(await refusal(await signJwt(good(), { key: pem }), several)).toBe('accepted')
})

test('a shared secret of 32 bytes', async () => {
  const secret = new Secret('s'.repeat(32))
  const token = forge({ alg: 'HS256' }, good(), hmac('s'.repeat(32)))
  expect(await refusal(token, { keys: secret, algorithms: ['HS256'] })).toBe('accepted')
  expect(await refusal(token, { keys: new Secret('t'.repeat(32)), algorithms: ['HS256'] })).toBe(
    'its signature is wrong.',
  )
})

describe('attacks', () => {
  let accepted = 0
  let tried = 0
  afterAll(() => {
    process.stderr.write(`JWT attacks: ${tried} tried, ${accepted} accepted\n`)
  })
  const attack = async (token: string, options: Partial<VerifyJwtOptions> = {}): Promise<string> => {
    tried += 1
    const answer = await refusal(token, options)
    if (answer === 'accepted') accepted += 1
    return answer
  }

  test('no signature, under each spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', 'RS256 '])
      expect(await attack(forge({ alg }, good(), () => ''))).toBe('its algorithm is not allowed.')
    expect(await attack(forge({}, good(), () => ''))).toBe('its algorithm is not allowed.')
    expect(await attack(forge({ alg: 'RS256' }, good(), () => ''))).not.toBe('accepted')
    expect(await attack(forge({ alg: ['RS256'] }, good(), () => ''))).toBe('its algorithm is not allowed.')
  })

  test('the public key taken for a shared secret', async () => {
    for (const secret of [publicPem, publicPem.trim(), JSON.stringify(jwk), jwk.n ?? '']) {
      const token = forge({ alg: 'HS256', kid: 'k1' }, good(), hmac(secret))
      expect(await attack(token)).toBe('its algorithm is not allowed.')
      // Whoever allows both has to say so for one kind of keys only: it is refused where it is written.
      await expect(verifyJwt(token, { ...base, algorithms: ['RS256', 'HS256'] })).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
  })

  test('a key of the attacker’s own: in the header, behind an address, under another id', async () => {
    const own = await exportJWK(otherPair.publicKey)
    const signed = await signJwt(good(), { key: otherPem, keyId: 'k1' })
    expect(await attack(signed)).toBe('its signature is wrong.')
    const signature = signed.split('.')[2] ?? ''
    for (const header of [
      { jwk: own },
      { jku: 'https://evil.example/keys' },
      { x5u: 'https://evil.example/cert' },
      { x5c: ['MIIB'] },
      { crit: ['exp'] },
      { b64: false },
      { zip: 'DEF' },
    ])
      expect(await attack(forge({ alg: 'RS256', kid: 'k1', ...header }, good(), () => signature))).toMatch(
        /is not followed/,
      )
  })

  test('an id of a key that is a path, a statement or a command', async () => {
    for (const kid of [
      '../../../dev/null',
      "' or 1=1 --",
      'a\u0000b',
      '| whoami',
      '',
      'x'.repeat(257),
      3,
      { a: 1 },
      ['k1'],
    ]) {
      const answer = await attack(forge({ alg: 'RS256', kid }, good(), hmac('')))
      expect(answer).toMatch(/id of its key|key is not in the key set|signature is wrong/)
    }
  })

  test('expired, early, too old, for others, of others, without an end', async () => {
    const signed = (claims: Record<string, unknown>, type?: string): Promise<string> =>
      signJwt({ ...good(), ...claims }, { key: pem, keyId: 'k1', type })
    expect(await attack(await signed({ exp: now() - 6 }))).toBe('it has expired.')
    expect(await attack(await signed({ exp: undefined }))).toBe('its "exp" is not the expected one.')
    expect(await attack(await signed({ exp: 'tomorrow' }))).not.toBe('accepted')
    expect(await attack(await signed({ nbf: now() + 60 }))).toBe('it is not valid yet.')
    expect(await attack(await signed({ aud: 'other' }))).toBe('its "aud" is not the expected one.')
    expect(await attack(await signed({ aud: undefined }))).toBe('its "aud" is not the expected one.')
    expect(await attack(await signed({ aud: ['other', 'another'] }))).toBe('its "aud" is not the expected one.')
    expect(await attack(await signed({ iss: 'https://idp.example.evil.example' }))).toBe(
      'its "iss" is not the expected one.',
    )
    expect(await attack(await signed({ iss: undefined }))).toBe('its "iss" is not the expected one.')
    expect(await attack(await signed({ iat: now() - 3_600 }), { maxAgeS: 60 })).not.toBe('accepted')
    expect(await attack(await signed({}, 'id+jwt'), { type: 'at+jwt' })).not.toBe('accepted')
  })

  test('changed, truncated, encrypted, something else, too large', async () => {
    const token = await signJwt(good(), { key: pem, keyId: 'k1' })
    const [header = '', , signature = ''] = token.split('.')
    expect(await attack(`${header}.${encode({ ...good(), sub: 'admin' })}.${signature}`)).toBe(
      'its signature is wrong.',
    )
    expect(await attack(token.slice(0, -10))).not.toBe('accepted')
    for (const other of [
      '',
      'a',
      'a.b',
      'a.b.c',
      '..',
      `${token}.x.y`,
      `${header}..${signature}`,
      '{}',
      'null.null.null',
    ])
      expect(await attack(other)).not.toBe('accepted')
    expect(await attack(`${header}.${'x'.repeat(20_000)}.${signature}`)).toBe('it is longer than 16384 characters.')
    expect(await attack(forge({ alg: 'RSA-OAEP', enc: 'A256GCM' }, {}, () => ''))).not.toBe('accepted')
  })

  test('nothing was accepted', () => {
    expect([accepted, tried > 40]).toEqual([0, true])
  })
})

test('options that would accept too much are refused', async () => {
  const token = await signJwt(good(), { key: pem, keyId: 'k1' })
  const bad: Partial<VerifyJwtOptions>[] = [
    { algorithms: [] as never },
    { algorithms: ['none' as never] },
    { algorithms: ['HS256'] },
    { keys: new Secret('x'.repeat(31)), algorithms: ['HS256'] },
    { keys: new Secret('x'.repeat(32)) },
    { clockSkewS: 301 },
    { clockSkewS: -1 },
    { issuer: '' },
    { audience: [] },
  ]
  for (const options of bad)
    await expect(verifyJwt(token, { ...base, ...options })).rejects.toMatchObject({ code: 'invalid_input' })
})

test('keys that cannot sign: too short, not a key, of another kind', async () => {
  const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey
  const key = new Secret(short.export({ type: 'pkcs8', format: 'pem' }).toString())
  await expect(signJwt({}, { key })).rejects.toThrow(/2,048 bits/)
  await expect(signJwt({}, { key: new Secret('nonsense') })).rejects.toThrow(/cannot be read/)
  await expect(signJwt({}, { key: pem, algorithm: 'ES256' })).rejects.toThrow(/signs with RS256, not with ES256/)
  const x25519 = generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  await expect(signJwt({}, { key: new Secret(x25519) })).rejects.toThrow(/must be RSA/)
  for (const curve of ['P-256', 'P-384', 'P-521']) {
    const made = generateKeyPairSync('ec', { namedCurve: curve })
    const token = await signJwt(good(), { key: new Secret(JSON.stringify(made.privateKey.export({ format: 'jwk' }))) })
    const keys = { keys: [await exportJWK(made.publicKey)] }
    expect(await refusal(token, { keys, algorithms: ['ES256', 'ES384', 'ES512'] })).toBe('accepted')
  }
  const edwards = generateKeyPairSync('ed25519')
  const signed = await signJwt(good(), {
    key: new Secret(edwards.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  })
  expect(await refusal(signed, { keys: { keys: [await exportJWK(edwards.publicKey)] }, algorithms: ['Ed25519'] })).toBe(
    'accepted',
  )
  expect(
    await refusal(await signJwt(good(), { key: pem, algorithm: 'PS256' }), {
      keys: { keys: [{ ...jwk, alg: 'PS256' }] },
      algorithms: ['PS256'],
    }),
  ).toBe('accepted')
})

describe('a key set behind an address', () => {
  let server: Server
  let url: string
  let answer: { status: number; body: string }
  let asked = 0
  beforeAll(async () => {
    server = createServer((_request, response) => {
      asked += 1
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('is asked once for many; a key it has got since is found; a stranger’s does not make it ask again and again', async () => {
    asked = 0
    answer = { status: 200, body: JSON.stringify({ keys: [{ ...jwk, kid: 'old' }] }) }
    const keys = remoteKeySet({ url, cooldownMs: 1_000 })
    const old = await signJwt(good(), { key: pem, keyId: 'old' })
    await Promise.all(Array.from({ length: 20 }, () => verifyJwt(old, { ...base, keys })))
    expect(asked).toBe(1)
    answer = { status: 200, body: JSON.stringify({ keys: [jwk] }) }
    const rotated = await signJwt(good(), { key: pem, keyId: 'k1' })
    await new Promise((resolve) => setTimeout(resolve, 1_050))
    await verifyJwt(rotated, { ...base, keys })
    expect(asked).toBe(2)
    const stranger = await signJwt(good(), { key: otherPem, keyId: 'evil' })
    for (let i = 0; i < 20; i += 1) expect(await refusal(stranger, { keys })).toBe('its key is not in the key set.')
    expect(asked).toBe(2)
    await keys.close()
  })

  test('away, wrong, secret: unavailable, and never a key that should not be there', async () => {
    const token = await signJwt(good(), { key: pem, keyId: 'k1' })
    for (const [status, body, words] of [
      [500, '{}', 'answers 500'],
      [200, '<html>', 'is no JSON'],
      [200, '[]', 'is none'],
      [200, JSON.stringify({ keys: Array.from({ length: 101 }, () => jwk) }), 'more than 100'],
    ] as const) {
      answer = { status, body }
      const keys = remoteKeySet({ url })
      await expect(verifyJwt(token, { ...base, keys })).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining(words),
      })
      await keys.close()
    }
    answer = { status: 200, body: JSON.stringify({ keys: [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k1', alg: 'HS256' }] }) }
    const keys = remoteKeySet({ url })
    expect(await refusal(forge({ alg: 'HS256', kid: 'k1' }, good(), hmac('secret')), { keys })).not.toBe('accepted')
    expect(await refusal(token, { keys })).toBe('its key is not in the key set.')
    await keys.close()
    for (const bad of ['http://idp.example/keys', 'file:///etc/passwd', 'keys'])
      expect(() => remoteKeySet({ url: bad })).toThrow(/https/)
  })
})
