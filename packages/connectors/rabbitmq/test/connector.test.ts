import { randomBytes } from 'node:crypto'
import {
  connectorSuite,
  effectSuite,
  type DrivenConnection,
  type EffectCase,
  type Peer,
  type Target,
} from '@casare/testing'
import type { GetMessage } from 'amqplib'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { rabbitmq } from '../src/index.ts'
import { brokerAt, until, type Broker } from './support.ts'

await describeWithPeer('rabbitmq', {}, (peer) => {
  const facts: Peer = {
    name: 'RabbitMQ',
    get version() {
      return peer().version ?? 'unknown'
    },
    kind: 'real server',
  }
  const prefix = `casare-test-${randomBytes(6).toString('hex')}`
  const named = (text: string): string => `${prefix}.${text}`
  const queue = named('queue')
  const exchange = named('exchange')
  const answers = named('answers')
  const locked = named('locked')
  const missing = { queue: named('missing') }

  interface World extends Target {
    readonly broker: Broker
    /** How often each request was answered. */
    readonly answered: Map<string, number>
  }
  const worldOf = (target: Target): World => target as World

  /** A queue, an exchange, somebody who answers requests, and a queue that belongs to somebody else. */
  async function start(): Promise<World> {
    const broker = await brokerAt(peer().url, prefix)
    for (const name of ['exchange', 'answers', 'locked', 'fresh']) broker.name(name)
    const answered = new Map<string, number>()
    const channel = await broker.admin.createChannel()
    await channel.assertExchange(exchange, 'direct')
    await channel.assertQueue(answers)
    await channel.consume(
      answers,
      (message) => {
        if (message === null) return
        const { id } = JSON.parse(message.content.toString()) as { id: string }
        answered.set(id, (answered.get(id) ?? 0) + 1)
        const { replyTo, correlationId } = message.properties as { replyTo: string; correlationId: string }
        channel.sendToQueue(replyTo, Buffer.from('"yes"'), { correlationId, contentType: 'application/json' })
      },
      { noAck: true },
    )
    await channel.assertQueue(locked, { exclusive: true })
    const { address, config } = broker
    return { broker, answered, address, config, close: () => broker.close() }
  }

  const elsewhere = (
    { config }: Target,
    { host, port, secure }: { readonly host: string; readonly port: number; readonly secure: boolean },
  ): Record<string, unknown> => ({ ...config, host, port, secure })
  const fill = (db: DrivenConnection): Promise<unknown> =>
    db.$.write('messages', [{ body: { some: 'thing' } }], { queue })
  const declared = async (db: DrivenConnection): Promise<void> => {
    await db.$.execute('declareQueue', { queue })
    await db.$.execute('declareExchange', { exchange })
  }
  const refusals = (input: (name: string) => object) => ({
    not_found: { input: input(missing.queue) },
    conflict: { input: input(locked) },
  })
  const throughTap = async ({ broker }: World): Promise<Record<string, unknown>> => ({
    ...broker.config,
    port: broker.tap.port,
    heartbeatMs: 1_000,
  })

  connectorSuite(rabbitmq, {
    peer: facts,
    entry: import.meta.resolve('../src/index.ts'),
    async start() {
      const world = await start()
      return { ...world, config: await throughTap(world) }
    },
    examples: {
      declareQueue: { input: { queue: named('fresh'), expiresMs: 60_000 } },
      declareExchange: { input: { exchange } },
      bind: { input: { exchange, queue, routingKey: 'a.b' }, before: declared },
      queueStatus: { input: { queue }, before: declared },
      getMessage: { input: { queue, mode: 'take' }, before: async (db) => (await declared(db), fill(db)) },
      purgeQueue: { input: { queue }, before: declared },
      deleteQueue: { input: { queue }, before: declared },
      deleteExchange: { input: { exchange }, before: declared },
      request: { input: { queue: answers, body: { id: 'example' }, waitMs: 5_000 } },
    },
    provocations: {
      declareQueue: { conflict: { input: { queue, durable: false } } },
      declareExchange: { conflict: { input: { exchange, kind: 'fanout' } } },
      bind: refusals((name) => ({ exchange, queue: name })),
      queueStatus: refusals((name) => ({ queue: name })),
      getMessage: refusals((name) => ({ queue: name, mode: 'take' })),
      purgeQueue: refusals((name) => ({ queue: name })),
      deleteQueue: { conflict: { input: { queue: locked } } },
      deleteExchange: {
        conflict: {
          input: { exchange, ifUnused: true },
          before: (db) => db.$.execute('bind', { exchange, queue }),
        },
      },
      request: { not_found: { input: { queue: missing.queue, body: 1 } } },
      'messages.write': { not_found: { input: { ...missing, records: [{ body: 1 }] } } },
    },
    wrongCredentials: ({ config }) => ({ ...config, password: 'not-the-right-one' }),
    withSecret: ({ config }, secret) => ({ ...config, password: secret }),
    at: elsewhere,
    async echo(db, text) {
      await db.$.write('messages', [{ body: text }], { queue })
      const answer = await db.$.execute('getMessage', { queue, mode: 'take' })
      return answer.success ? (answer.output as { message: { body: unknown } }).message.body : answer.error
    },
    streams: {
      messages: {
        write: {
          input: { queue },
          record: (number) => ({ body: { number } }),
          poison: { body: 'nobody takes it', routingKey: missing.queue },
          async stored(_db, target, numbers) {
            const found = await bodiesOf(worldOf(target).broker)
            return numbers.map((number) => found.filter((one) => one === number).length)
          },
        },
        listen: {
          input: { queue },
          send: (target, numbers) =>
            worldOf(target).broker.send(
              queue,
              numbers.map((number) => ({ number })),
            ),
          numberOf: (event) => (event as { body: { number: number } }).body.number,
          async unacknowledged(target) {
            const { broker } = worldOf(target)
            return broker.tap.outstanding() + (await broker.ready(queue))
          },
          deadLettered: (target) => worldOf(target).broker.ready(`${queue}.dead`),
          disconnect: (target) => worldOf(target).broker.tap.cut(),
          silence: (target) => worldOf(target).broker.tap.mute(),
        },
      },
    },
  })

  const has = (kind: 'queue' | 'exchange', wanted: boolean): EffectCase<World>['applied'] => {
    return async ({ broker }, id) => ((await broker.exists(kind, named(id))) === wanted ? 1 : 0)
  }
  const made = async ({ broker }: World, id: string, kind: 'queue' | 'exchange'): Promise<void> => {
    const name = broker.name(id)
    const channel = await broker.admin.createChannel()
    await (kind === 'queue' ? channel.assertQueue(name) : channel.assertExchange(name, 'direct'))
    await channel.close()
  }

  effectSuite(rabbitmq, {
    peer: facts,
    start,
    at: elsewhere,
    calls: process.env['CASARE_DEEP'] === '1' ? 1_000 : 34,
    operations: {
      declareQueue: {
        prepare: ({ broker }, id) => void broker.name(id),
        input: (id) => ({ queue: named(id) }),
        applied: has('queue', true),
      },
      declareExchange: {
        prepare: ({ broker }, id) => void broker.name(id),
        input: (id) => ({ exchange: named(id) }),
        applied: has('exchange', true),
      },
      deleteQueue: {
        prepare: (world, id) => made(world, id, 'queue'),
        input: (id) => ({ queue: named(id) }),
        applied: has('queue', false),
      },
      deleteExchange: {
        prepare: (world, id) => made(world, id, 'exchange'),
        input: (id) => ({ exchange: named(id) }),
        applied: has('exchange', false),
      },
      bind: {
        prepare: (world, id) => made(world, id, 'queue'),
        input: (id) => ({ exchange, queue: named(id), routingKey: id }),
        // What is bound is given the message.
        async applied({ broker }, id) {
          const channel = await broker.admin.createConfirmChannel()
          channel.publish(exchange, id, Buffer.from('x'))
          await channel.waitForConfirms()
          await channel.close()
          return broker.ready(named(id))
        },
      },
      purgeQueue: {
        async prepare(world, id) {
          await made(world, id, 'queue')
          await world.broker.send(named(id), [1, 2])
        },
        input: (id) => ({ queue: named(id) }),
        applied: async ({ broker }, id) => ((await broker.ready(named(id))) === 0 ? 1 : 0),
      },
      getMessage: {
        async prepare(world, id) {
          await made(world, id, 'queue')
          await world.broker.send(named(id), [1])
        },
        // Taking is tried apart: a message that is here is not thrown away because its acknowledgement may be lost.
        input: (id) => ({ queue: named(id), mode: 'peek' }),
        // What a look leaves behind is the mark on the message.
        applied: async ({ broker }, id) => ((await firstOf(broker, named(id))).fields.redelivered ? 1 : 0),
      },
      request: {
        input: (id) => ({ queue: answers, body: { id } }),
        applied: ({ answered }, id) => answered.get(id) ?? 0,
      },
    },
  })
})

/** The numbers in the messages of the queue, which stay there. */
async function bodiesOf(broker: Broker): Promise<number[]> {
  const channel = await broker.admin.createChannel()
  const found: number[] = []
  for (;;) {
    const message = await channel.get(broker.queue)
    if (message === false) break
    found.push((JSON.parse(message.content.toString()) as { number: number }).number)
  }
  await channel.close()
  return found
}

/** The first message of a queue, once it is back from whoever has looked at it. */
async function firstOf(broker: Broker, queue: string): Promise<GetMessage> {
  const channel = await broker.admin.createChannel()
  let found: GetMessage | false = false
  await until(async () => (found = await channel.get(queue, { noAck: true })) !== false, 'the message')
  await channel.close()
  return found as unknown as GetMessage
}
