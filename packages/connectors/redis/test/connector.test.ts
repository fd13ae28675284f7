import {
  connectorSuite,
  effectSuite,
  keyValueSuite,
  notApplicable,
  type Config,
  type DrivenConnection,
  type EffectCase,
  type ListenSubject,
  type Target,
} from '@casare/testing'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { redis } from '../src/index.ts'
import { ownPrefix, startTarget, type Bare, type RedisTarget } from './support.ts'

const prefix = ownPrefix()
const key = (name: string): string => `${prefix}${name}`
const bareOf = (target: Target): Bare => (target as RedisTarget).bare

async function seed(bare: Bare): Promise<void> {
  await bare.set(key('text'), 'grüße')
  await bare.set(key('number'), '5')
  await bare.hSet(key('hash'), { one: '1', two: '2' })
  await bare.rPush(key('list'), ['a', 'b', 'c'])
  await bare.sAdd(key('set'), ['a', 'b'])
  await bare.zAdd(key('sorted'), [
    { value: 'a', score: 1 },
    { value: 'b', score: 1 },
  ])
  for (const number of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await bare.set(key(`page:${number}`), String(number))
    await bare.xAdd(key('log'), '*', { number: String(number) })
  }
}

const member = { key: key('set'), members: ['a'] }
const examples = {
  addToSet: { input: member },
  addToSortedSet: { input: { key: key('sorted'), members: [{ member: 'c', score: 2.5 }] } },
  command: { input: { words: ['GETRANGE', key('text'), '0', '1'] } },
  delete: { input: { keys: [key('text')] } },
  deleteHashFields: { input: { key: key('hash'), fields: ['one'] } },
  describeKey: { input: { key: key('hash') } },
  evaluate: { input: { script: 'return redis.call("get", KEYS[1])', keys: [key('text')], arguments: ['a'] } },
  exists: { input: { keys: [key('text'), key('missing')] } },
  expire: [{ input: { key: key('text'), expireMs: 60_000 } }, { input: { key: key('text'), expireMs: null } }],
  findInSet: { input: member },
  get: { input: { key: key('text') } },
  getHash: { input: { key: key('hash') } },
  getHashFields: { input: { key: key('hash'), fields: ['one', 'missing'] } },
  getMany: { input: { keys: [key('text'), key('missing')], as: 'bytes' } },
  getScores: { input: { key: key('sorted'), members: ['a', 'missing'] } },
  increment: { input: { key: key('number') } },
  incrementHashField: { input: { key: key('hash'), field: 'one', by: '2' } },
  incrementScore: { input: { key: key('sorted'), member: 'a', by: 0.5 } },
  listSet: { input: { key: key('set') } },
  pipeline: {
    input: {
      commands: [
        ['GET', key('text')],
        ['INCR', key('text')],
      ],
    },
  },
  popList: { input: { key: key('list') } },
  pushList: { input: { key: key('list'), values: ['x'] } },
  rangeList: { input: { key: key('list') } },
  rangeSortedSet: { input: { key: key('sorted'), by: 'score', from: 1 } },
  removeFromSet: { input: member },
  removeFromSortedSet: { input: { key: key('sorted'), members: ['a'] } },
  set: { input: { key: key('new'), value: 'text', expireMs: 60_000 } },
  setHash: { input: { key: key('hash'), fields: { three: '3' } } },
  setMany: { input: { entries: [{ key: key('new'), value: '1' }] } },
  transaction: {
    input: {
      commands: [
        ['SET', key('new'), '1'],
        ['INCR', key('new')],
      ],
    },
  },
}

const at = ({ config }: Target, { host, port, secure }: { host: string; port: number; secure: boolean }): Config => ({
  ...config,
  host,
  port,
  secure,
})

/** Both kinds of listeners, whose events carry numbers. */
const listener: Pick<ListenSubject, 'disconnect' | 'silence' | 'patienceMs'> = {
  disconnect: (target) => (target as RedisTarget).gate.cut(),
  silence: (target) => (target as RedisTarget).gate.silenceListeners(),
  patienceMs: 10_000,
}
const fieldsOf = (event: unknown): Record<string, string> => (event as { fields: Record<string, string> }).fields

/** Entries of the group that are read and not acknowledged, or not read yet. */
async function held(bare: Bare, stream: string): Promise<number> {
  const [group] = await bare.xInfoGroups(stream)
  return Number(group?.pending ?? 0) + Number(group?.lag ?? 0)
}

await describeWithPeer('redis', {}, (peer) => {
  const facts = {
    name: 'Redis',
    kind: 'real server' as const,
    get version() {
      return peer().version ?? 'unknown'
    },
  }
  const start = (): Promise<RedisTarget> => startTarget(peer(), prefix, seed)

  connectorSuite(redis, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    start,
    examples,
    provocations: {
      transaction: {
        conflict: { input: { commands: [['SET', key('new'), '1']], expect: [{ key: key('text'), value: 'other' }] } },
      },
    },
    wrongCredentials: ({ config }) => ({ ...config, password: 'certainly-wrong' }),
    withSecret: ({ config }, secret) => ({ ...config, password: secret }),
    at,
    async echo(connection: DrivenConnection, text) {
      await connection.$.execute('set', { key: key('echo'), value: text })
      const answer = await connection.$.execute('get', { key: key('echo') })
      return answer.success ? (answer.output as { value: string }).value : answer.error
    },
    streams: {
      keys: {
        read: {
          input: { match: `${prefix}page:*` },
          count: 8,
          async change(connection, target) {
            const { records } = await connection.$.read('keys', { match: `${prefix}page:*` }, { maxRecords: 1 })
            await bareOf(target).del((records[0] as { key: string }).key)
          },
        },
        write: {
          input: { key: `${prefix}record:{id}` },
          record: (number) => ({ id: number, name: `record ${number}` }),
          poison: { name: 'has no id' },
          stored: async (_connection, target, numbers) =>
            Promise.all(numbers.map((number) => bareOf(target).exists(key(`record:${number}`)))),
        },
      },
      entries: {
        read: {
          input: { stream: key('log') },
          count: 8,
          async change(_connection, target) {
            const [first] = (await bareOf(target).xRange(key('log'), '-', '+', { COUNT: 1 })) ?? []
            await bareOf(target).xDel(key('log'), first?.id ?? '')
          },
        },
        write: {
          input: { stream: key('written'), maxEntries: 1_000 },
          record: (number) => ({ number }),
          poison: {},
          async stored(_connection, target, numbers) {
            const found = (await bareOf(target).xRange(key('written'), '-', '+')) ?? []
            return numbers.map((number) => found.filter(({ message }) => message['number'] === String(number)).length)
          },
        },
        listen: {
          ...listener,
          input: { stream: key('events'), group: 'handlers', claimIdleMs: 500, deadLetter: key('dead') },
          async send(target, numbers) {
            for (const number of numbers) await bareOf(target).xAdd(key('events'), '*', { number: String(number) })
          },
          numberOf: (event) => Number(fieldsOf(event)['number']),
          unacknowledged: (target) => held(bareOf(target), key('events')),
          deadLettered: (target) => bareOf(target).xLen(key('dead')),
        },
      },
      messages: {
        write: {
          input: {},
          async prepare(_connection, target) {
            const heard: string[] = []
            const subscriber = bareOf(target).duplicate()
            await subscriber.connect()
            await subscriber.subscribe(key('channel'), (message) => void heard.push(message))
            Object.assign(target, { heard, subscriber })
            const close = target.close?.bind(target)
            Object.assign(target, {
              async close() {
                subscriber.destroy()
                await close?.()
              },
            })
          },
          record: (number) => ({ channel: key('channel'), message: `message ${number}` }),
          // The user of the target may not publish there.
          poison: { channel: 'casare-elsewhere', message: 'x' },
          async stored(_connection, target, numbers) {
            const { heard, subscriber } = target as unknown as { heard: string[]; subscriber: Bare }
            // On the same connection: what was published before has arrived by then.
            await subscriber.ping()
            return numbers.map((number) => heard.filter((message) => message === `message ${number}`).length)
          },
        },
        listen: {
          ...listener,
          input: { channels: [key('channel')] },
          async send(target, numbers) {
            for (const number of numbers) await bareOf(target).publish(key('channel'), String(number))
          },
          numberOf: (event) => Number((event as { message: string }).message),
          unacknowledged: notApplicable('Redis holds no messages of channels: at most once.'),
          deadLettered: notApplicable('Redis holds no messages of channels: at most once.'),
        },
      },
    },
  })

  const own = (id: string): string => key(`effect:${id}`)
  /** The effect is there where the key has a value. */
  const counted = (
    input: (id: string) => object,
    count: (bare: Bare, id: string) => Promise<number>,
  ): EffectCase<RedisTarget> => ({
    input,
    applied: ({ bare }, id) => count(bare, id),
  })
  const prepared = (
    prepare: (bare: Bare, id: string) => Promise<unknown>,
    input: (id: string) => object,
    count: (bare: Bare, id: string) => Promise<number>,
  ): EffectCase<RedisTarget> => ({ ...counted(input, count), prepare: ({ bare }, id) => prepare(bare, id) })
  const valueOf = async (bare: Bare, id: string): Promise<number> => Number((await bare.get(own(id))) ?? 0)
  const gone = async (bare: Bare, id: string): Promise<number> => 1 - (await bare.exists(own(id)))
  const there = async (bare: Bare, id: string): Promise<number> => bare.exists(own(id))

  effectSuite(redis, {
    peer: facts,
    start,
    at,
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 30,
    operations: {
      addToSet: counted((id) => ({ key: own(id), members: ['a'] }), there),
      addToSortedSet: counted((id) => ({ key: own(id), members: [{ member: 'a', score: 1 }] }), there),
      command: counted((id) => ({ words: ['INCR', own(id)] }), valueOf),
      delete: prepared(
        (bare, id) => bare.set(own(id), '1'),
        (id) => ({ keys: [own(id)] }),
        gone,
      ),
      deleteHashFields: prepared(
        (bare, id) => bare.hSet(own(id), 'a', '1'),
        (id) => ({ key: own(id), fields: ['a'] }),
        gone,
      ),
      evaluate: counted((id) => ({ script: 'return redis.call("incr", KEYS[1])', keys: [own(id)] }), valueOf),
      expire: prepared(
        (bare, id) => bare.set(own(id), '1'),
        (id) => ({ key: own(id), expireMs: 60_000 }),
        async (bare, id) => ((await bare.pTTL(own(id))) > 0 ? 1 : 0),
      ),
      increment: counted((id) => ({ key: own(id) }), valueOf),
      incrementHashField: counted(
        (id) => ({ key: own(id), field: 'a' }),
        async (bare, id) => Number((await bare.hGet(own(id), 'a')) ?? 0),
      ),
      incrementScore: counted(
        (id) => ({ key: own(id), member: 'a' }),
        async (bare, id) => Number((await bare.zScore(own(id), 'a')) ?? 0),
      ),
      pipeline: counted(
        (id) => ({
          commands: [
            ['INCR', own(id)],
            ['GET', own(id)],
          ],
        }),
        valueOf,
      ),
      popList: prepared(
        (bare, id) => bare.rPush(own(id), ['a', 'b', 'c']),
        (id) => ({ key: own(id) }),
        async (bare, id) => 3 - (await bare.lLen(own(id))),
      ),
      pushList: counted(
        (id) => ({ key: own(id), values: ['a'] }),
        (bare, id) => bare.lLen(own(id)),
      ),
      removeFromSet: prepared(
        (bare, id) => bare.sAdd(own(id), 'a'),
        (id) => ({ key: own(id), members: ['a'] }),
        gone,
      ),
      removeFromSortedSet: prepared(
        (bare, id) => bare.zAdd(own(id), { value: 'a', score: 1 }),
        (id) => ({ key: own(id), members: ['a'] }),
        gone,
      ),
      set: counted((id) => ({ key: own(id), value: '1', condition: 'missing' }), there),
      setHash: counted((id) => ({ key: own(id), fields: { a: '1' } }), there),
      setMany: counted((id) => ({ entries: [{ key: own(id), value: '1' }] }), there),
      transaction: counted((id) => ({ commands: [['INCR', own(id)]] }), valueOf),
    },
  })

  const connectionOf = (connection: DrivenConnection): ReturnType<typeof redis> =>
    connection as unknown as ReturnType<typeof redis>
  keyValueSuite(redis, {
    peer: facts,
    start,
    prefix: key('suite:'),
    async set(connection, name, value, { expireMs, ifMissing = false }) {
      const condition = ifMissing ? 'missing' : 'always'
      return (await connectionOf(connection).set({ key: name, value, expireMs, condition })).stored
    },
    get: async (connection, name) => (await connectionOf(connection).get({ key: name, as: 'bytes' })).value,
    delete: (connection, name) => connectionOf(connection).delete({ keys: [name] }),
    increment: async (connection, name) => (await connectionOf(connection).increment({ key: name })).value,
    async *list(connection) {
      const reading = connectionOf(connection).keys.read({ match: `${key('suite:')}*` }, { pageSize: 10 })
      for await (const { key: name } of reading) yield String(name)
    },
  })
})
