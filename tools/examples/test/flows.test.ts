import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import amqp from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { describeWithPeer, findPeer, planPeer, type Peer, type SystemName } from '../../peers/src/index.ts'
import { workspaceRoot } from '../../workspace.ts'
import { casare } from './casare.ts'

const suffix = randomBytes(6).toString('hex')
const database = `casare_example_${suffix}`

/** A folder of the project with the flows in it and a state of its own. */
let folder: string
beforeAll(async () => {
  const cache = join(workspaceRoot, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  folder = await mkdtemp(join(cache, 'casare-examples-'))
  await cp(join(workspaceRoot, 'examples/databases-and-brokers'), folder, { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The report of a run that has to end well. */
async function run(flow: string, env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await casare(['run', `${flow}.yaml`, '--json', ...more], { folder, env })
  if (code !== 0) throw new Error(`${flow} ended with ${code}: ${stderr}${stdout}`)
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { flows: unknown[] }).flows[0]
}

async function ownPostgresql(serverUrl: string): Promise<{ url: string; client: pg.Client; drop(): Promise<void> }> {
  const server = new pg.Client(serverUrl)
  await server.connect()
  await server.query(`create database ${database}`)
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  const client = new pg.Client(url.href)
  await client.connect()
  const drop = async (): Promise<void> => {
    await client.end()
    await server.query(`drop database ${database} with (force)`)
    await server.end()
  }
  return { url: url.href, client, drop }
}

async function ownMysql(serverUrl: string): Promise<{ url: string; client: mysql.Connection; drop(): Promise<void> }> {
  const client = await mysql.createConnection(serverUrl)
  await client.query(`create database ${database}`)
  await client.query(`use ${database}`)
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  const drop = async (): Promise<void> => {
    await client.query(`drop database ${database}`)
    await client.end()
  }
  return { url: url.href, client, drop }
}

const ordersOf = (table: string): string =>
  `create table ${table} (id integer primary key, customer varchar(100) not null, total decimal(10, 2) not null, changed_at timestamp(6) not null) character set utf8mb4`

/** The first system that is missing here, if any: the suite is then that one's failure, or skip. */
async function leading(names: readonly SystemName[]): Promise<SystemName> {
  for (const name of names) if ((await planPeer(name)).source === 'missing') return name
  return 'postgresql'
}
const others = ['mysql', 'redis', 'rabbitmq', 'kafka'] as const

await describeWithPeer(await leading(others), {}, (postgresql) => {
  const peers = new Map<SystemName, Peer>()
  beforeAll(async () => {
    const found = await Promise.all(others.map((name) => findPeer(name)))
    for (const peer of found) if (peer !== undefined) peers.set(peer.system, peer)
  }, 200_000)
  afterAll(() => Promise.all([...peers.values()].map((peer) => peer.stop())))
  const urlOf = (name: SystemName): string => peers.get(name)?.url ?? ''

  test('orders-to-mysql: everything, then only what has changed since', async () => {
    const shop = await ownPostgresql(postgresql().url)
    const reports = await ownMysql(urlOf('mysql'))
    try {
      await shop.client.query(
        'create table orders (id integer primary key, customer text not null, total numeric(10, 2) not null, changed_at timestamptz not null)',
      )
      await shop.client.query(
        "insert into orders select n, 'Zoë ' || n, n / 7.0, timestamptz '2026-01-01' + n / 10 * interval '1 second' from generate_series(1, 2500) n",
      )
      await reports.client.query(ordersOf('orders'))
      const env = { POSTGRESQL_URL: shop.url, MYSQL_URL: reports.url }
      expect(await run('orders-to-mysql', env)).toMatchObject({ read: 2_500, written: 2_500, outcome: 'complete' })
      await shop.client.query("update orders set total = 1.5, changed_at = '2026-02-01' where id = 7")
      expect(await run('orders-to-mysql', env)).toMatchObject({ deadLettered: 0, outcome: 'complete' })
      const [[sums]] = await reports.client.query<mysql.RowDataPacket[]>(
        "select count(*) as n, sum(total) as total, sum(customer = concat('Zoë ', id)) as named from orders",
      )
      const { rows } = await shop.client.query('select count(*)::int as n, sum(total) as total from orders')
      expect({ ...sums, named: Number(sums?.['named']) }).toEqual({ ...rows[0], named: 2_500 })
    } finally {
      await shop.drop()
      await reports.drop()
    }
  })

  test('customers-to-redis: a hash for each', async () => {
    const reports = await ownMysql(urlOf('mysql'))
    const cache = createClient({ url: urlOf('redis') })
    await cache.connect()
    const prefix = `casare:${suffix}`
    try {
      await reports.client.query(
        'create table customers (id bigint primary key, name varchar(100) character set utf8mb4, city varchar(100), changed_at datetime(3) not null)',
      )
      await reports.client.query(
        "insert into customers values (9007199254740993, 'Ада', null, '2026-01-01'), (2, 'Grace', 'Arlington', '2026-01-02')",
      )
      const env = { MYSQL_URL: reports.url, REDIS_URL: urlOf('redis') }
      expect(await run('customers-to-redis', env, '--set', `prefix=${prefix}`)).toMatchObject({ written: 2 })
      expect({ ...(await cache.hGetAll(`${prefix}:9007199254740993`)) }).toEqual({
        id: '9007199254740993',
        name: 'Ада',
        city: 'unknown',
      })
      expect(await cache.hGet(`${prefix}:2`, 'city')).toBe('Arlington')
    } finally {
      for await (const keys of cache.scanIterator({ MATCH: `${prefix}:*` })) if (keys.length > 0) await cache.del(keys)
      await cache.close()
      await reports.drop()
    }
  })

  test('queue-to-postgresql: stored and acknowledged; what is no order is a dead letter', async () => {
    const shop = await ownPostgresql(postgresql().url)
    const connection = await amqp.connect(urlOf('rabbitmq'))
    const channel = await connection.createConfirmChannel()
    const queue = `casare-example-${suffix}`
    try {
      await shop.client.query('create table orders (id integer primary key, customer text, total numeric(10, 2))')
      await channel.assertQueue(queue)
      const send = (body: unknown): void =>
        void channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), { contentType: 'application/json' })
      for (let id = 1; id <= 500; id += 1) send({ id, customer: `c${id}`, total: id / 4 })
      send({ id: 501 })
      send({ id: 1, customer: 'c1', total: 99 })
      await channel.waitForConfirms()
      const env = { POSTGRESQL_URL: shop.url, RABBITMQ_URL: urlOf('rabbitmq') }
      expect(await run('queue-to-postgresql', env, '--set', `queue=${queue}`)).toMatchObject({
        read: 502,
        written: 501,
        deadLettered: 1,
        outcome: 'complete',
      })
      const { rows } = await shop.client.query('select count(*)::int as n, max(total) as most from orders')
      expect(rows).toEqual([{ n: 500, most: '125.00' }])
      expect((await channel.checkQueue(queue)).messageCount).toBe(0)
    } finally {
      await channel.deleteQueue(queue)
      await connection.close()
      await shop.drop()
    }
  })

  test('changes-to-kafka: each change once a run has made the slot, in the order of its key', async () => {
    const shop = await ownPostgresql(postgresql().url)
    const broker = new URL(urlOf('kafka').split(',')[0] ?? '').host
    const topic = `casare-example-${suffix}`
    const slot = `casare_example_${suffix}`
    const consumer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).consumer({ groupId: topic })
    try {
      // The topic is there as soon as somebody asks for it.
      await consumer.subscribe({ topic, fromBeginning: true })
      await shop.client.query('create table orders (id integer primary key, total numeric(10, 2))')
      const env = { POSTGRESQL_URL: shop.url }
      const set = ['--set', `broker=${broker}`, '--set', `topic=${topic}`, '--set', `slot=${slot}`]
      expect(await run('changes-to-kafka', env, ...set)).toMatchObject({ read: 0, outcome: 'complete' })
      await shop.client.query('insert into orders select n, n from generate_series(1, 100) n')
      await shop.client.query('update orders set total = 0 where id = 7')
      await shop.client.query('delete from orders where id = 7')
      expect(await run('changes-to-kafka', env, ...set)).toMatchObject({ read: 102, written: 102, deadLettered: 0 })
      const seen: { key: string; kind: string }[] = []
      const { promise, resolve } = Promise.withResolvers<void>()
      await consumer.run({
        eachMessage({ message }) {
          const { kind } = JSON.parse(String(message.value)) as { kind: string }
          if (seen.push({ key: String(message.key), kind }) >= 102) resolve()
          return Promise.resolve()
        },
      })
      await promise
      expect(seen.filter(({ key }) => key === '7').map(({ kind }) => kind)).toEqual(['insert', 'update', 'delete'])
      expect(new Set(seen.map(({ key }) => key)).size).toBe(100)
    } finally {
      await consumer.disconnect()
      await shop.client.query(
        'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1',
        [slot],
      )
      await shop.drop()
    }
  }, 60_000)
})
