import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Config, Target } from '@casare/testing'
import kafkajs from 'kafkajs'
import { systems } from '../../../../tools/peers/src/index.ts'

/** A cluster of its own, seen past the connector. */
export interface Cluster extends Target {
  readonly address: { readonly host: string; readonly port: number }
  readonly config: Config & { readonly brokers: readonly string[] }
  /** A topic that is there, with four partitions. */
  readonly topic: string
  /** Makes another one. */
  makeTopic(name?: string): Promise<string>
  /** How many records a topic has. */
  count(topic: string): Promise<number>
  /** The records of a topic, read by kcat. */
  records(topic: string): Promise<{ partition: number; key: string; value: string }[]>
  /** How many records a group has before it. */
  lag(topic: string, group: string): Promise<number>
  /** Where a group is; "-1" where it has no position. */
  positions(
    topic: string,
    group: string,
  ): Promise<{ readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }>
  send(topic: string, values: readonly unknown[]): Promise<void>
  readonly kafka: InstanceType<typeof kafkajs.Kafka>
  close(): Promise<void>
}

/** Starts the mock cluster inside of kcat; it is gone with this process. */
export async function startCluster(brokers = 1): Promise<Cluster> {
  const launch = await systems.kafka.launch({ binary: (name: string) => name } as never)
  const [command] = launch.commands
  const child = spawn(
    command.path,
    command.arguments.map((one) => one.replace(/num\.brokers=\d+/, `num.brokers=${brokers}`)),
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  const gone = once(child, 'exit')
  child.stdin.on('error', () => undefined)
  let said = ''
  let found: string | undefined
  for await (const bytes of child.stderr.iterator({ destroyOnReturn: false })) {
    said += String(bytes)
    found =
      /bootstrap\.servers=([\d.:,]+)/.exec(said)?.[1] ??
      /(127\.0\.0\.1:\d+(?:,127\.0\.0\.1:\d+)*)\b(?=\s*$)/m.exec(said)?.[1]
    if (found !== undefined && found.split(',').length >= brokers) break
  }
  child.stderr.resume()
  if (found === undefined) throw new Error(`kcat tells no address: ${said}`)
  const addresses = found.split(',')
  const [host = '', port = ''] = addresses[0]?.split(':') ?? []
  const kafka = new kafkajs.Kafka({ brokers: addresses, logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const producer = kafka.producer()
  await producer.connect()
  const makeTopic = async (topic = `casare-test-${randomBytes(6).toString('hex')}`): Promise<string> => {
    // The mock makes a topic when it is asked about.
    await admin.fetchTopicMetadata({ topics: [topic] })
    return topic
  }
  const positions = async (topic: string, group: string): ReturnType<Cluster['positions']> => {
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return found ?? { partitions: [] }
  }
  return {
    address: { host, port: Number(port) },
    config: { brokers: addresses },
    topic: await makeTopic('casare-test'),
    makeTopic,
    kafka,
    async records(topic) {
      const format = ['-f', '%p\t%k\t%s\n']
      const { stdout } = await promisify(execFile)(command.path, [
        '-C',
        '-q',
        '-e',
        '-b',
        addresses.join(','),
        '-t',
        topic,
        ...format,
      ])
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [partition, key = '', value = ''] = line.split('\t')
          return { partition: Number(partition), key, value }
        })
    },
    count: async (topic) =>
      (await admin.fetchTopicOffsets(topic)).reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0),
    positions,
    async lag(topic, group) {
      const ends = await admin.fetchTopicOffsets(topic)
      const { partitions } = await positions(topic, group)
      return ends.reduce((sum, { partition, high, low }) => {
        const at = Number(partitions.find((one) => one.partition === partition)?.offset ?? -1)
        return sum + Number(high) - (at < 0 ? Number(low) : at)
      }, 0)
    },
    async send(topic, values) {
      await producer.send({
        topic,
        messages: values.map((value) => ({
          value: JSON.stringify(value),
          headers: { 'content-type': 'application/json' },
        })),
      })
    },
    async close() {
      await Promise.allSettled([admin.disconnect(), producer.disconnect()])
      child.kill('SIGKILL')
      await gone
    },
  }
}

/**
 * Waits until something holds.
 * @throws when it does not in time, in milliseconds
 */
export async function until(holds: () => boolean | Promise<boolean>, what = 'it', patienceMs = 20_000): Promise<void> {
  const end = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} did not come to pass.`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
