import { afterEach, describe, expect, test } from '@jest/globals'
import { ConnectorError, Secret } from '@casare/core'
import {
  memoryTokenStore,
  readTokenSet,
  TokenSource,
  writeTokenSet,
  type TokenSet,
  type TokenSourceOptions,
  type TokenStore,
} from '@casare/auth'

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, delayMs))

let count = 0
const tokensFor = (lifeMs: number, more: Partial<TokenSet> = {}): TokenSet => {
  count += 1
  const obtainedAt = Date.now()
  return {
    accessToken: new Secret(`access ${count}`),
    tokenType: 'bearer',
    obtainedAt,
    expiresAt: obtainedAt + lifeMs,
    ...more,
  }
}

/** An authorization server that rotates refresh tokens and takes the grant away where one is used twice. */
class Rotating {
  readonly refreshes: string[] = []
  invalid = 0
  delayMs = 0
  lifeMs = 60_000
  failures: Error[] = []
  #current = 'refresh 0'
  #dead = false

  readonly refresh = async (current: TokenSet | undefined, signal: AbortSignal): Promise<TokenSet> => {
    await sleep(this.delayMs)
    signal.throwIfAborted()
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    const given = current?.refreshToken?.reveal() ?? 'none'
    this.refreshes.push(given)
    if (given !== this.#current || this.#dead) {
      this.#dead = true
      this.invalid += 1
      throw new ConnectorError({ code: 'unauthenticated', vendorCode: 'invalid_grant', message: 'used twice' })
    }
    this.#current = `refresh ${this.refreshes.length}`
    return tokensFor(this.lifeMs, { refreshToken: new Secret(this.#current) })
  }
}

const events: [string, unknown][] = []
afterEach(() => {
  events.splice(0)
})

async function loggedIn(server: Rotating, lifeMs: number, store: TokenStore = memoryTokenStore()) {
  await store.put('crm', writeTokenSet(tokensFor(lifeMs, { refreshToken: new Secret('refresh 0'), scope: 'a' })))
  const source = (more: Partial<TokenSourceOptions> = {}): TokenSource =>
    new TokenSource({
      key: 'crm',
      store,
      refresh: server.refresh,
      event: (name, detail) => void events.push([name, detail]),
      ...more,
    })
  return { store, source }
}

describe('a token source', () => {
  test('a token that is good is given at once, without a promise', async () => {
    const server = new Rotating()
    const { source } = await loggedIn(server, 60_000)
    const one = source()
    const first = await one.get()
    const second = one.get()
    expect(second).toBe(first)
    expect(server.refreshes).toEqual([])
  })

  test('one refresh per expiry: for many calls, and for many processes', async () => {
    const server = new Rotating()
    server.delayMs = 60
    const { source } = await loggedIn(server, -1)
    const processes = [source(), source(), source(), source()]
    const tokens = await Promise.all(processes.flatMap((one) => Array.from({ length: 200 }, async () => one.get())))
    expect(new Set(tokens.map(({ accessToken }) => accessToken.reveal())).size).toBe(1)
    expect(server.refreshes).toEqual(['refresh 0'])
    expect(server.invalid).toBe(0)
  })

  test('ahead of its end it is renewed in the background, and nobody waits', async () => {
    const server = new Rotating()
    server.delayMs = 30
    const { source } = await loggedIn(server, 4_000)
    const one = source({ earlyMs: 3_600_000 })
    // Half of its life at most: good for two seconds more, but not fresh.
    const old = await one.get()
    expect(server.refreshes).toEqual([])
    await sleep(2_050)
    expect(one.get()).toBe(old)
    expect(one.get()).toBe(old)
    while (one.get() === old) await sleep(10)
    expect(server.refreshes).toEqual(['refresh 0'])
  })

  test('a renewal ahead of time that fails harms nobody while the token is good', async () => {
    const server = new Rotating()
    const { source } = await loggedIn(server, 4_000)
    const one = source({ earlyMs: 3_600_000 })
    const old = await one.get()
    server.failures = [new ConnectorError({ code: 'unavailable', message: 'down' })]
    await sleep(2_050)
    expect(one.get()).toBe(old)
    await sleep(20)
    expect(one.get()).toBe(old)
    expect(server.refreshes).toEqual([])
  })

  test('after a 401: one new token for all who met the same refusal; who met an older one gets what is there', async () => {
    const server = new Rotating()
    const { source } = await loggedIn(server, 60_000)
    const [one, other] = [source(), source()]
    const old = (await one.get()).accessToken.reveal()
    await other.get()
    const next = await Promise.all(Array.from({ length: 50 }, async () => one.replace(old)))
    expect(new Set(next.map(({ accessToken }) => accessToken.reveal())).size).toBe(1)
    expect(server.refreshes).toEqual(['refresh 0'])
    expect((await one.replace(old)).accessToken.reveal()).toBe(next[0]?.accessToken.reveal())
    expect((await other.replace(old)).accessToken.reveal()).toBe(next[0]?.accessToken.reveal())
    expect(server.refreshes).toEqual(['refresh 0'])
  })

  test('what the answer does not say stays: the refresh token, the scope', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    const tokens = await source({ refresh: async () => tokensFor(60_000) }).get()
    expect(tokens).toMatchObject({ scope: 'a' })
    const stored = readTokenSet((await store.read('crm'))?.value ?? '', 'crm')
    expect(stored.refreshToken?.reveal()).toBe('refresh 0')
  })

  test('a caller that gives up leaves the refresh to the others', async () => {
    const server = new Rotating()
    server.delayMs = 40
    const { source } = await loggedIn(server, -1)
    const one = source()
    const own = new AbortController()
    const impatient = Promise.resolve(one.get(own.signal))
    const patient = one.get()
    own.abort(new Error('no time'))
    await expect(impatient).rejects.toMatchObject({ code: 'cancelled', applied: 'no' })
    await expect(Promise.resolve(one.get(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' })
    expect((await patient).accessToken.reveal()).toMatch(/^access/)
    expect(server.refreshes).toHaveLength(1)
  })

  test('a token that never expires is asked for once', async () => {
    const store = memoryTokenStore()
    let asked = 0
    const one = new TokenSource({
      key: 'k',
      store,
      fromNothing: true,
      refresh: () => {
        asked += 1
        return Promise.resolve({ accessToken: new Secret('forever'), tokenType: 'bearer', obtainedAt: 0 })
      },
    })
    await one.get()
    await one.get()
    one.forget()
    await one.get()
    expect(asked).toBe(1)
  })
})

describe('when things go wrong', () => {
  test('nobody has logged in', async () => {
    const server = new Rotating()
    const one = new TokenSource({ key: 'crm', store: memoryTokenStore(), refresh: server.refresh })
    await expect(Promise.resolve(one.get())).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('Log in first'),
    })
    expect(server.refreshes).toEqual([])
  })

  test('a refused grant stays stored, and is not asked about again until it changes', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    const before = await store.read('crm')
    const refusal = new ConnectorError({ code: 'unauthenticated', vendorCode: 'invalid_grant', message: 'gone' })
    server.failures = [refusal]
    const one = source()
    for (let i = 0; i < 20; i += 1)
      await expect(Promise.resolve(one.get())).rejects.toMatchObject({ vendorCode: 'invalid_grant' })
    expect(server.failures).toEqual([])
    expect(server.refreshes).toEqual([])
    expect(await store.read('crm')).toEqual(before)
    expect(events.filter(([name]) => name === 'refused')).toHaveLength(1)
    // A new login counts at once.
    await store.put('crm', writeTokenSet(tokensFor(60_000)))
    expect((await one.get()).accessToken.reveal()).toMatch(/^access/)
  })

  test('the server is away: the grant stays, the lease is given back, the next call tries again', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    server.failures = [new ConnectorError({ code: 'unavailable', message: 'down' })]
    const one = source()
    await expect(Promise.resolve(one.get())).rejects.toMatchObject({ code: 'unavailable' })
    expect(await store.acquire('crm', 'somebody', 1)).toBeDefined()
    await sleep(5)
    expect((await one.get()).accessToken.reveal()).toMatch(/^access/)
    expect(server.refreshes).toEqual(['refresh 0'])
  })

  test('a holder that was killed: another goes on after its lease, with one refresh', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    await store.acquire('crm', 'killed', 300)
    const tokens = await Promise.all([source().get(), source().get()])
    expect(new Set(tokens.map(({ accessToken }) => accessToken.reveal())).size).toBe(1)
    expect(server.refreshes).toEqual(['refresh 0'])
  })

  test('a slow server: the lease is extended for as long as it takes', async () => {
    const server = new Rotating()
    server.delayMs = 2_500
    const { source } = await loggedIn(server, -1)
    const [one, other] = [source({ leaseMs: 1_000 }), source({ leaseMs: 1_000 })]
    const tokens = await Promise.all([one.get(), other.get()])
    expect(tokens[0]?.accessToken.reveal()).toBe(tokens[1]?.accessToken.reveal())
    expect(server.refreshes).toEqual(['refresh 0'])
    expect(events.map(([name]) => name)).not.toContain('lease_lost')
  })

  test('a login during a refresh wins; its tokens are used and not those of the refresh', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    const login = tokensFor(60_000)
    const tokens = await source({
      refresh: async () => {
        await store.put('crm', writeTokenSet(login))
        return tokensFor(60_000)
      },
    }).get()
    expect(tokens.accessToken.reveal()).toBe(login.accessToken.reveal())
    expect(readTokenSet((await store.read('crm'))?.value ?? '', 'crm').accessToken.reveal()).toBe(
      login.accessToken.reveal(),
    )
  })

  test('a login during a refresh that is refused wins too', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    const login = tokensFor(60_000)
    const tokens = await source({
      refresh: async () => {
        await store.put('crm', writeTokenSet(login))
        throw new ConnectorError({ code: 'unauthenticated', message: 'the old grant is over' })
      },
    }).get()
    expect(tokens.accessToken.reveal()).toBe(login.accessToken.reveal())
  })

  test('a store that fails when the new tokens are there is tried again: they are the only good ones', async () => {
    const server = new Rotating()
    const below = memoryTokenStore()
    let failures = 2
    const store: TokenStore = {
      ...below,
      read: (key) => below.read(key),
      acquire: (...given) => below.acquire(...given),
      extend: (...given) => below.extend(...given),
      release: () => Promise.reject(new Error('the store is away')),
      put: (key, value) => below.put(key, value),
      delete: (key) => below.delete(key),
      replace: (...given) =>
        failures-- > 0 ? Promise.reject(new Error('the store is away')) : below.replace(...given),
    }
    const { source } = await loggedIn(server, -1, store)
    expect((await source().get()).accessToken.reveal()).toMatch(/^access/)
    expect(readTokenSet((await store.read('crm'))?.value ?? '', 'crm').refreshToken?.reveal()).toBe('refresh 1')
  })

  test('a lease that is held for too long: unavailable, and how long', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    await store.acquire('crm', 'somebody', 60_000)
    await expect(Promise.resolve(source({ waitMs: 1_000 }).get())).rejects.toMatchObject({
      code: 'unavailable',
      applied: 'no',
      message: expect.stringContaining('1000 ms (waitMs)'),
    })
    expect(server.refreshes).toEqual([])
  })

  test('a lease that is lost aborts the refresh', async () => {
    const server = new Rotating()
    const { source, store } = await loggedIn(server, -1)
    let reason: unknown
    const waiting = source({
      leaseMs: 1_000,
      refresh: (_current, signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason as Error)
          }),
        ),
    }).get()
    const settled = Promise.resolve(waiting).catch((error: unknown) => error)
    await sleep(20)
    // As if this process had slept for longer than its lease.
    const extend = store.extend.bind(store)
    store.extend = () => Promise.resolve(false)
    expect(await settled).toMatchObject({ code: 'conflict' })
    expect(reason).toMatchObject({ code: 'conflict' })
    expect(events.map(([name]) => name)).toContain('lease_lost')
    store.extend = extend
  })

  test('settings out of range are refused', () => {
    const make = (more: object) => () =>
      new TokenSource({ key: 'k', store: memoryTokenStore(), refresh: () => Promise.reject(new Error('x')), ...more })
    expect(make({ key: '' })).toThrow(/1 to 256/)
    expect(make({ leaseMs: 999 })).toThrow(/leaseMs/)
    expect(make({ waitMs: 600_001 })).toThrow(/waitMs/)
  })
})
