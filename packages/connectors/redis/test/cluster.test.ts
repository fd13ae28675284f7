import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { slotOf } from '../src/cluster/slot-of.ts'
import { redis } from '../src/index.ts'
import { said, startCluster, startServer, type PrivateServer } from './private-servers.ts'
import { until } from './support.ts'

// Its binary is what is needed; the servers are the test's own.
await describeWithPeer('redis', {}, () => {
  let nodes: readonly PrivateServer[]
  let cache: ReturnType<typeof redis>
  const addressOf = ({ port }: PrivateServer): string => `127.0.0.1:${port}`
  const node = (index: number): PrivateServer => nodes[index] as PrivateServer
  beforeAll(async () => {
    nodes = await startCluster()
    cache = redis({ cluster: { nodes: [addressOf(node(0))] } })
  }, 60_000)
  afterAll(async () => {
    await cache.close()
    for (const one of nodes) await one.stop()
  })

  test('slots are those of the server, with tags and without', async () => {
    for (const key of [
      'foo',
      '{user1000}.following',
      'foo{}{bar}',
      'foo{{bar}}zap',
      'foo{bar}{zap}',
      '',
      'ключ',
      '}{',
      'a{b',
    ])
      expect([key, slotOf(key)]).toEqual([key, await node(0).bare.sendCommand(['CLUSTER', 'KEYSLOT', key])])
  })

  test('values go to the nodes that have their keys, and come back', async () => {
    const names = Array.from({ length: 60 }, (_one, number) => `value:${number}`)
    await Promise.all(names.map((key) => cache.set({ key, value: key })))
    for (const key of names) expect(await cache.get({ key })).toEqual({ value: key })
    const counts = await Promise.all(nodes.map(({ bare }) => bare.sendCommand(['DBSIZE'])))
    expect(counts.every((count) => Number(count) > 0)).toBe(true)
    expect(counts.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(60)
  })

  test('pipelines are answered in their order; transactions and records stay whole', async () => {
    const commands = Array.from({ length: 30 }, (_one, number) => ['APPEND', `pipe:${number % 10}`, String(number)])
    const { results } = await cache.pipeline({ commands })
    expect(results.map((result) => (result as { reply: unknown }).reply)).toEqual(
      commands.map(
        (_command, index) =>
          Array.from({ length: Math.floor(index / 10) + 1 }, (_one, round) => String((index % 10) + round * 10)).join(
            '',
          ).length,
      ),
    )
    expect(await cache.get({ key: 'pipe:3' })).toEqual({ value: '31323' })
    const { failed } = await cache.keys.write(
      Array.from({ length: 20 }, (_one, id) => ({ id, name: `n${id}` })),
      { key: 'person:{id}' },
    )
    expect(failed).toEqual([])
    expect((await cache.getHash({ key: 'person:7' })).fields).toEqual({ id: '7', name: 'n7' })
    await cache.transaction({
      commands: [
        ['SET', '{t}a', '1'],
        ['SET', '{t}b', '2'],
      ],
      expect: [{ key: '{t}a', value: null }],
    })
    expect(await cache.getMany({ keys: ['{t}a', '{t}b'] })).toEqual({ values: ['1', '2'] })
    await expect(cache.getMany({ keys: ['a', 'b', 'c'] })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('tag'),
    })
    expect(await cache.evaluate({ script: 'return redis.call("get", KEYS[1])', keys: ['{t}b'] })).toEqual({
      reply: '2',
    })
    await expect(cache.command({ command: ['DBSIZE'] } as never)).rejects.toMatchObject({ code: expect.any(String) })
    await expect(
      (async () => {
        for await (const _one of cache.keys.read({})) break
      })(),
    ).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('entries are listened to at the node that has their stream, messages at any', async () => {
    for (const stream of ['stream:a', 'stream:b', 'stream:c', 'stream:d']) {
      const seen: unknown[] = []
      await cache.entries.write([{ n: 1 }], { stream })
      const listener = cache.entries.listen(
        { stream, group: 'g', from: 'beginning' } as never,
        async ({ fields }) => void seen.push(fields),
      )
      await until(() => seen.length === 1, `nothing of ${stream}`)
      await listener.stop()
    }
    const heard: unknown[] = []
    const messages = cache.messages.listen({ channels: ['news'] }, async ({ message }) => void heard.push(message))
    await messages.ready
    await cache.messages.write([{ channel: 'news', message: 'hello' }], {})
    await until(() => heard.length === 1, 'nothing was heard')
    await messages.stop()
  })

  test('MOVED and ASK are followed, by single commands, pipelines and transactions', async () => {
    const [from, to] = [node(0), node(1)]
    const ids = await Promise.all([from, to].map((one) => said(one, 'CLUSTER', 'MYID')))
    const tagOf = (part: number): string => {
      for (let number = 0; ; number += 1) if (slotOf(`{${part}-${number}}`) < 5_000) return `{${part}-${number}}`
    }
    const move = async (tag: string): Promise<void> => {
      for (const { bare } of [to, from, node(2)])
        await bare.sendCommand(['CLUSTER', 'SETSLOT', String(slotOf(tag)), 'NODE', ids[1] ?? ''])
    }
    const moved = tagOf(1)
    await move(moved)
    await cache.set({ key: `${moved}k`, value: 'moved' })
    expect(await to.bare.sendCommand(['GET', `${moved}k`])).toBe('moved')

    const piped = tagOf(2)
    await move(piped)
    const { results } = await cache.pipeline({
      commands: [
        ['SET', `${piped}k`, '1'],
        ['INCR', `${piped}k`],
        ['GET', `${piped}k`],
      ],
    })
    expect(results).toMatchObject([{ reply: 'OK' }, { reply: 2 }, { reply: '2' }])

    const whole = tagOf(3)
    await move(whole)
    await cache.transaction({
      commands: [
        ['SET', `${whole}a`, '1'],
        ['SET', `${whole}b`, '2'],
      ],
    })
    expect(await to.bare.sendCommand(['MGET', `${whole}a`, `${whole}b`])).toEqual(['1', '2'])

    const asked = tagOf(4)
    await to.bare.sendCommand(['CLUSTER', 'SETSLOT', String(slotOf(asked)), 'IMPORTING', ids[0] ?? ''])
    await from.bare.sendCommand(['CLUSTER', 'SETSLOT', String(slotOf(asked)), 'MIGRATING', ids[1] ?? ''])
    await cache.set({ key: `${asked}k`, value: 'asked' })
    expect(await cache.get({ key: `${asked}k` })).toEqual({ value: 'asked' })
    expect(await from.bare.sendCommand(['CLUSTER', 'COUNTKEYSINSLOT', String(slotOf(asked))])).toBe(0)
  })

  test('a node that is named outside of the rules is not connected to', async () => {
    const far = await startServer(['--cluster-enabled', 'yes', '--cluster-announce-ip', '10.255.255.1'])
    await far.bare.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'])
    const log = redis({ cluster: { nodes: [addressOf(far)] } })
    await expect(log.set({ key: 'a', value: 'b' })).rejects.toMatchObject({
      code: 'permission_denied',
      applied: 'no',
      message: expect.stringMatching(/10\.255\.255\.1.*allowNodes/),
    })
    await log.close()
    await far.stop()
  })

  test('MOVED to an address outside of the rules is not followed', async () => {
    const [from, to] = [node(0), node(1)]
    const key = 'elsewhere'
    const tag =
      Array.from({ length: 1_000 }, (_one, number) => `{5-${number}}`).find((one) => slotOf(one) < 5_000) ?? ''
    await cache.set({ key: `${tag}${key}`, value: 'here' })
    await cache.delete({ keys: [`${tag}${key}`] })
    const id = await said(to, 'CLUSTER', 'MYID')
    await to.bare.sendCommand(['CONFIG', 'SET', 'cluster-announce-ip', '10.255.255.1'])
    await until(
      async () => (await said(from, 'CLUSTER', 'NODES')).includes('10.255.255.1'),
      'the address is not announced',
    )
    await from.bare.sendCommand(['CLUSTER', 'SETSLOT', String(slotOf(tag)), 'NODE', id])
    await expect(cache.set({ key: `${tag}${key}`, value: 'there' })).rejects.toMatchObject({
      code: 'permission_denied',
      applied: 'no',
      message: expect.stringContaining('10.255.255.1'),
    })
  }, 30_000)

  test('sentinels tell the primary, also after it has changed', async () => {
    const primary = await startServer([])
    const replica = await startServer(['--replicaof', '127.0.0.1', String(primary.port)])
    await until(async () => (await said(primary, 'ROLE')).includes(String(replica.port)), 'the replica does not follow')
    const sentinel = await startServer(
      [],
      `sentinel monitor casare 127.0.0.1 ${primary.port} 1\nsentinel failover-timeout casare 5000\n`,
    )
    const settings = { nodes: ['127.0.0.1:1', addressOf(sentinel)], primary: 'casare' }
    const db = redis({ sentinel: settings })
    await db.set({ key: 'a', value: '1' })
    expect(await primary.bare.get('a')).toBe('1')
    await expect(
      redis({ sentinel: { ...settings, primary: 'nobody' }, resilience: false }).get({ key: 'a' }),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('"nobody"'),
    })
    const knows = async (): Promise<boolean> =>
      (await said(sentinel, 'SENTINEL', 'REPLICAS', 'casare')).includes(String(replica.port))
    await until(knows, 'the replica is not known')
    // A sentinel ends the connections of those whose part has changed, also ours; and it refuses what it has begun already.
    const tried = (work: Promise<boolean>): Promise<boolean> => work.catch(() => false)
    await until(
      () => tried(said(sentinel, 'SENTINEL', 'FAILOVER', 'casare').then((reply) => reply === 'OK')),
      'no failover',
    )
    const isPrimary = (): Promise<boolean> => tried(said(replica, 'ROLE').then((role) => role.includes('master')))
    await until(isPrimary, 'the replica is no primary')
    await until(async () => {
      try {
        await db.set({ key: 'a', value: '2' })
        return (await replica.bare.get('a')) === '2'
      } catch {
        return false
      }
    }, 'the new primary is not written to')
    await db.close()
    for (const one of [sentinel, replica, primary]) await one.stop()
  }, 60_000)

  test('what says twice where the server is, or asks a cluster for another database, is refused with the config', async () => {
    const cluster = { nodes: ['127.0.0.1:1'] }
    for (const config of [
      { cluster, host: 'localhost' },
      { cluster, url: 'redis://localhost' },
      { cluster, sentinel: { ...cluster, primary: 'x' } },
      { cluster, database: 1 },
      { cluster, port: 1 },
    ])
      await expect(redis(config).$.open()).rejects.toMatchObject({ code: 'invalid_input' })
    expect(() => redis({ cluster: { nodes: ['nowhere'] } })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })
})
