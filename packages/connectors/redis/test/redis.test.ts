import { afterEach, expect, test } from '@jest/globals'
import { channels, type OperationalEvent } from '@casare/core'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { redis } from '../src/index.ts'
import { bareClient, ownPrefix, settingsOf, until, type Bare } from './support.ts'

const prefix = ownPrefix()
const key = (name: string): string => `${prefix}${name}`

const endings: (() => Promise<unknown> | void)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

await describeWithPeer('redis', {}, (peer) => {
  function connect(config: object = {}) {
    const connection = redis({ ...settingsOf(peer().url), ...config })
    endings.push(() => connection.close())
    return connection
  }

  async function bare(): Promise<Bare> {
    const client = bareClient(peer().url)
    await client.connect()
    endings.push(async () => {
      for await (const found of client.scanIterator({ MATCH: `${prefix}*` }))
        if (found.length > 0) await client.unlink(found)
      client.destroy()
    })
    return client
  }

  test('bytes, numbers beyond 2^53 and any field come back as they were', async () => {
    await bare()
    const db = connect()
    const bytes = Uint8Array.of(0, 255, 254, 128, 10, 13)
    await db.setHash({ key: key('hash'), fields: { ['__proto__']: 'own', 'a\0b': bytes, '': 'empty' } })
    const { fields } = await db.getHash({ key: key('hash'), as: 'bytes' })
    expect(Object.keys(fields).sort()).toEqual(['', '__proto__', 'a\0b'])
    expect(Buffer.from(fields['a\0b'] ?? [])).toEqual(Buffer.from(bytes))
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype)

    expect(await db.increment({ key: key('big'), by: 2n ** 63n - 2n })).toEqual({ value: 2n ** 63n - 2n })
    expect(await db.increment({ key: key('big') })).toEqual({ value: 2n ** 63n - 1n })
    await expect(db.increment({ key: key('big') })).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })

    await db.addToSortedSet({
      key: key('sorted'),
      members: [
        { member: 'low', score: -0.1 },
        { member: bytes, score: 1e300 },
      ],
    })
    const { members } = await db.rangeSortedSet({ key: key('sorted'), reverse: true, as: 'bytes' })
    expect(members).toEqual([
      { member: Buffer.from(bytes), score: 1e300 },
      { member: Buffer.from('low'), score: -0.1 },
    ])
    await expect(db.set({ key: key('half'), value: '\ud800' })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(db.setHash({ key: key('half'), fields: { '\udc00': 'x' } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(await db.exists({ keys: [key('half')] })).toEqual({ count: 0 })
  })

  test.each([
    [{ from: 1, to: 2 }, ['b', 'c']],
    [{ from: -2 }, ['d', 'e']],
    [{ from: -3, to: -2 }, ['c', 'd']],
    [{ limit: 2 }, ['a', 'b']],
    [{ from: 1, to: -2, limit: 2 }, ['b', 'c']],
    [{ reverse: true, limit: 1 }, ['e']],
    [{ by: 'score', from: 2, to: 4 }, ['b', 'c', 'd']],
    [{ by: 'score', to: 4, reverse: true, limit: 2 }, ['d', 'c']],
  ])('a part of a sorted set: %j', async (part, expected) => {
    const client = await bare()
    await client.zAdd(
      key('letters'),
      ['a', 'b', 'c', 'd', 'e'].map((value, index) => ({ value, score: index + 1 })),
    )
    const { members } = await connect().rangeSortedSet({ key: key('letters'), ...(part as object) })
    expect(members.map(({ member }) => member)).toEqual(expected)
  })

  test('a value is stored on its condition, and keeps or loses its time', async () => {
    await bare()
    const db = connect()
    const name = key('conditional')
    expect(await db.set({ key: name, value: 'a', condition: 'present' })).toEqual({ stored: false })
    expect(await db.set({ key: name, value: 'a', condition: 'missing', expireMs: 60_000 })).toEqual({ stored: true })
    expect(await db.set({ key: name, value: 'b', condition: 'missing' })).toEqual({ stored: false })
    await db.set({ key: name, value: 'c', keepExpiry: true })
    expect(await db.describeKey({ key: name })).toEqual({ type: 'string', expiresInMs: expect.any(Number) })
    expect(await db.expire({ key: name, expireMs: null })).toEqual({ found: true })
    expect(await db.describeKey({ key: name })).toEqual({ type: 'string', expiresInMs: null })
    expect(await db.expire({ key: key('nothing'), expireMs: null })).toEqual({ found: false })
  })

  test('a pipeline answers each command; a key of another type says so', async () => {
    const client = await bare()
    await client.set(key('text'), 'x')
    const { results } = await connect().pipeline({
      commands: [['GET', key('text')], ['LPUSH', key('text'), 'a'], ['NOSUCHCOMMAND'], ['STRLEN', key('text')]],
    })
    expect(results).toEqual([
      { reply: 'x' },
      {
        reply: null,
        error: { code: 'invalid_input', message: expect.stringContaining('describeKey'), vendorCode: 'WRONGTYPE' },
      },
      {
        reply: null,
        error: { code: 'unsupported', message: expect.stringContaining('NOSUCHCOMMAND'), vendorCode: 'ERR' },
      },
      { reply: 1 },
    ])
  })

  test('a transaction with a malformed command does nothing, and names it', async () => {
    await bare()
    const db = connect()
    await expect(
      db.transaction({
        commands: [
          ['SET', key('first'), '1'],
          ['SET', key('second')],
        ],
      }),
    ).rejects.toMatchObject({ code: 'invalid_input', applied: 'no', message: expect.stringContaining('commands[1]') })
    expect(await db.exists({ keys: [key('first')] })).toEqual({ count: 0 })
  })

  test('a transaction runs only where its expectations hold', async () => {
    await bare()
    const db = connect()
    const commands = [['INCR', key('runs')]]
    await db.set({ key: key('version'), value: '1' })
    await db.transaction({
      commands,
      expect: [
        { key: key('version'), value: '1' },
        { key: key('missing'), value: null },
      ],
    })
    await expect(db.transaction({ commands, expect: [{ key: key('missing'), value: '' }] })).rejects.toMatchObject({
      code: 'conflict',
      applied: 'no',
    })
    expect(await db.get({ key: key('runs') })).toEqual({ value: '1' })
  })

  test('a watched key that changes makes the transaction a conflict, and calls beside it go on', async () => {
    await bare()
    const db = connect()
    await db.set({ key: key('stock'), value: '5' })
    const sell = (disturb: boolean) =>
      db.watch(
        async (tx) => {
          const { value } = await tx.get({ key: key('stock') })
          if (disturb) await db.set({ key: key('stock'), value: '100' })
          return tx.transaction({ commands: [['SET', key('stock'), String(Number(value) - 1)]] })
        },
        { keys: [key('stock')] },
      )
    await sell(false)
    expect(await db.get({ key: key('stock') })).toEqual({ value: '4' })
    await expect(sell(true)).rejects.toMatchObject({ code: 'conflict', applied: 'no' })
    expect(await db.get({ key: key('stock') })).toEqual({ value: '100' })
  })

  test.each([
    ['MULTI'],
    ['subscribe', 'x'],
    ['SELECT', '1'],
    ['BLPOP', 'x', '0'],
    ['XREAD', 'block', '0', 'STREAMS', 'x', '$'],
  ])('what would change or block the shared connection is refused: %s', async (...words) => {
    const db = connect()
    for (const call of [
      db.command({ words }),
      db.pipeline({ commands: [words] }),
      db.transaction({ commands: [words] }),
    ])
      await expect(call).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining('connection'),
      })
  })

  test('a script that fails after it wrote something is not said to have done nothing', async () => {
    const client = await bare()
    const db = connect()
    const script = 'redis.call("set", KEYS[1], "written") return redis.call("lpush", KEYS[1], "x")'
    await expect(db.evaluate({ script, keys: [key('script')] })).rejects.toMatchObject({
      code: 'outcome_unknown',
      applied: 'maybe',
      message: expect.stringContaining('WRONGTYPE'),
    })
    expect(await client.get(key('script'))).toBe('written')
    await expect(
      db.evaluate({ script: 'return redis.call("set", KEYS[1], "x")', keys: [key('script')], readOnly: true }),
    ).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })
    expect(
      await db.evaluate({ script: 'return {ARGV[1], KEYS[1]}', keys: [key('a')], arguments: ['b'], readOnly: true }),
    ).toEqual({ reply: ['b', key('a')] })
  })

  test('one holds the lock at a time, and the fencing number grows', async () => {
    await bare()
    const connections = [connect(), connect()]
    let holders = 0
    let most = 0
    const fencings: bigint[] = []
    const hold = (connection: ReturnType<typeof connect>) =>
      connection.lock(
        async (tx) => {
          const { fencing } = await tx.$.client()
          fencings.push(fencing)
          holders += 1
          most = Math.max(most, holders)
          await tx.increment({ key: key('guarded') })
          holders -= 1
        },
        { key: key('lock'), waitMs: 20_000 },
      )
    await Promise.all(Array.from({ length: 5 }, () => connections.map(hold)).flat())
    expect(most).toBe(1)
    expect(fencings).toEqual(fencings.toSorted((left, right) => Number(left - right)))
    expect(new Set(fencings).size).toBe(10)
  })

  test('a lock that is renewed outlives its lease; one that another took is a conflict and not released', async () => {
    const client = await bare()
    const db = connect()
    await db.lock(
      async (tx) => {
        await until(async () => (await client.pTTL(key('lease'))) < 250, 'the lease does not run')
        await until(async () => (await client.pTTL(key('lease'))) > 250, 'the lease is not renewed')
        expect((await tx.$.client()).lost.aborted).toBe(false)
      },
      { key: key('lease'), leaseMs: 300 },
    )
    expect(await client.exists(key('lease'))).toBe(0)

    const stolen = db.lock(
      async (tx) => {
        await client.set(key('lease'), 'another')
        const { lost } = await tx.$.client()
        await until(() => lost.aborted, 'the loss is not noticed')
        return 'done'
      },
      { key: key('lease'), leaseMs: 300 },
    )
    await expect(stolen).rejects.toMatchObject({ code: 'conflict', applied: 'yes', retryable: false })
    expect(await client.get(key('lease'))).toBe('another')
    await expect(db.lock(async () => 1, { key: key('lease'), waitMs: 50 })).rejects.toMatchObject({
      code: 'conflict',
      applied: 'no',
    })
  })

  test('records are stored as hashes or JSON in place of what was there, each with its own answer', async () => {
    const client = await bare()
    const db = connect()
    await client.hSet(key('customer:1'), { old: 'field' })
    const records = [
      { id: 1, name: 'Ada', vip: true, at: new Date(0), tags: ['x'], gone: null },
      { name: 'nobody' },
      { id: 2 },
    ]
    const { succeeded, failed } = await db.keys.write(records, { key: key('customer:{id}'), expireMs: 60_000 })
    expect({ succeeded, failed: failed.map(({ index, error }) => [index, error.code, error.message]) }).toEqual({
      succeeded: 2,
      failed: [[1, 'invalid_input', expect.stringContaining('id')]],
    })
    expect({ ...(await client.hGetAll(key('customer:1'))) }).toEqual({
      id: '1',
      name: 'Ada',
      vip: '1',
      at: '1970-01-01T00:00:00.000Z',
      tags: '["x"]',
    })
    expect(await client.pTTL(key('customer:2'))).toBeGreaterThan(0)
    await db.keys.write([{ id: 3, big: 2n ** 60n }], { key: key('customer:{id}'), form: 'json' })
    expect(await client.get(key('customer:3'))).toBe(`{"id":3,"big":"${2n ** 60n}"}`)
    await expect(db.keys.write([{ id: 1 }], { key: 'the same for all' })).resolves.toMatchObject({ succeeded: 0 })
  })

  test('what takes longer than claimIdleMs stays with its handler, and what was deleted holds up nobody', async () => {
    const client = await bare()
    const db = connect()
    const input = { stream: key('slow'), group: 'g', claimIdleMs: 150 }
    const started: string[] = []
    const release = Promise.withResolvers<void>()
    const handle = async ({ fields }: { fields: object }): Promise<void> => {
      started.push(JSON.stringify(fields))
      await release.promise
    }
    const listeners = [db.entries.listen(input, handle), db.entries.listen(input, handle)]
    await Promise.all(listeners.map(({ ready }) => ready))
    await db.entries.write([{ number: 1 }, { number: 2 }], { stream: input.stream })
    await until(() => started.length === 2, 'not both began')
    const idleMs = async (): Promise<number> => {
      const pending = await client.xPendingRange(input.stream, 'g', '-', '+', 10)
      return Math.max(...pending.map(({ millisecondsSinceLastDelivery }) => millisecondsSinceLastDelivery))
    }
    // Three times it would have been claimed.
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await until(async () => (await idleMs()) > 30, 'the idle time does not run')
      await until(async () => (await idleMs()) < 30, 'the idle time does not begin anew')
    }
    expect(started.toSorted()).toEqual(['{"number":"1"}', '{"number":"2"}'])
    release.resolve()
    await until(async () => (await client.xPending(input.stream, 'g')).pending === 0, 'not acknowledged')
    await Promise.all(listeners.map((one) => one.stop()))

    // Given to a consumer, then deleted: when that consumer comes back, it goes on.
    const [gone = ''] = await Promise.all([client.xAdd(input.stream, '*', { number: 'gone' })])
    await client.xReadGroup('g', 'back', { key: input.stream, id: '>' })
    await client.xDel(input.stream, gone)
    const again = db.entries.listen({ ...input, consumer: 'back' }, handle)
    await db.entries.write([{ number: 3 }], { stream: input.stream })
    await until(() => started.length === 3, 'a deleted entry held up the next one')
    await until(async () => (await client.xPending(input.stream, 'g')).pending === 0, 'the deleted entry is pending')
    await again.stop()
  })

  test('a dead letter carries its fields, where it came from and why', async () => {
    const client = await bare()
    const db = connect()
    await db.entries.write([{ number: 1 }], { stream: key('in') })
    const subscription = db.entries.listen({ stream: key('in'), group: 'g', deadLetter: key('out') }, async () => {
      await db.get({ unknown: 1 } as never)
    })
    await until(async () => (await client.xLen(key('out'))) === 1, 'no dead letter')
    await subscription.stop()
    const [dead] = (await client.xRange(key('out'), '-', '+')) ?? []
    expect({ ...dead?.message }).toMatchObject({
      number: '1',
      'casare-stream': key('in'),
      'casare-error': expect.any(String),
    })
    expect((await client.xPending(key('in'), 'g')).pending).toBe(0)
  })

  test('messages by name and by pattern; where too many wait, the loss is told', async () => {
    const client = await bare()
    const db = connect()
    const seen: unknown[] = []
    const release = Promise.withResolvers<void>()
    const lost: OperationalEvent[] = []
    const listen = (message: unknown): void => {
      if ((message as OperationalEvent).name === 'messages dropped') lost.push(message as OperationalEvent)
    }
    channels.event.subscribe(listen)
    endings.push(() => void channels.event.unsubscribe(listen))
    const subscription = db.messages.listen(
      { channels: [key('exact')], patterns: [key('news.*')], as: 'bytes' },
      async (event) => {
        seen.push(event)
        await release.promise
      },
    )
    await subscription.ready
    await client.publish(key('exact'), 'one')
    await until(() => seen.length === 1, 'the first message did not arrive')
    for (let batch = 0; batch < 12; batch += 1)
      await Promise.all(Array.from({ length: 1_000 }, (_one, index) => client.publish(key('news.x'), String(index))))
    release.resolve()
    await until(() => lost.length > 0, 'the loss was not told')
    expect(seen[0]).toEqual({ channel: key('exact'), pattern: null, message: Buffer.from('one') })
    await until(() => seen.length > 1, 'nothing after the first')
    expect(seen[1]).toMatchObject({ channel: key('news.x'), pattern: key('news.*') })
    await subscription.stop()
  })

  test('a read-only connection refuses what changes something', async () => {
    const db = connect({ readOnly: true })
    expect(await db.get({ key: key('nothing') })).toEqual({ value: null })
    await expect(db.set({ key: key('nothing'), value: 'x' })).rejects.toMatchObject({ code: 'permission_denied' })
  })

  test.each([
    ['http://localhost', /redis:\/\//],
    ['redis://localhost/db', /number of a database/],
    ['redis://localhost?sslkey=/etc/passwd', /parameters/],
  ])('the url %s is refused', async (url, message) => {
    const db = redis({ url })
    endings.push(() => db.close())
    await expect(db.get({ key: 'a' })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message),
    })
  })

  test('a database that is not there: invalid_input, and its own error', async () => {
    const db = connect({ database: 999_999 })
    await expect(db.get({ key: 'a' })).rejects.toMatchObject({ code: 'invalid_input', applied: 'no' })
  })
})

await describeWithPeer('redis', { tls: true }, (peer) => {
  test('speaks TLS with the authority it is given, and with no other', async () => {
    const { url, ca } = peer()
    const trusting = redis({ url, tls: { ca: ca ?? '' } })
    const doubting = redis({ url, resilience: false })
    endings.push(
      () => trusting.close(),
      () => doubting.close(),
    )
    await trusting.set({ key: key('tls'), value: 'x' })
    expect(await trusting.get({ key: key('tls') })).toEqual({ value: 'x' })
    await trusting.delete({ keys: [key('tls')] })
    await expect(doubting.get({ key: key('tls') })).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
  })
})
