// Kafka through the connector and through kafkajs itself, in turn: `kafka.ts URL`. Prints one line of JSON.
import { kafka } from '@casare/kafka'
import kafkajs from 'kafkajs'
import { measure, timed } from './measured.ts'

const [url = ''] = process.argv.slice(2)
const brokers = url.replace(/^kafka:\/\//, '').split(',')
const count = 50_000
const batch = 5_000
const rounds = 5
const text = 'x'.repeat(150)
const value = (number: number): object => ({ number, text })

const client = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
const admin = client.admin()
await admin.connect()
const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
await producer.connect()
const log = kafka({ brokers })
const records = Array.from({ length: count }, (_one, number) => ({
  key: `key-${number % 1_000}`,
  value: value(number),
}))
let topics = 0
async function newTopic(): Promise<string> {
  topics += 1
  const topic = `bench-${topics}`
  await admin.fetchTopicMetadata({ topics: [topic] })
  return topic
}

type Message = { readonly key: string; readonly value: string; readonly headers?: { readonly 'content-type': string } }
const messageOf = (number: number, headers: boolean): Message => ({
  key: `key-${number % 1_000}`,
  value: JSON.stringify(value(number)),
  ...(headers ? { headers: { 'content-type': 'application/json' } } : {}),
})

async function send(topic: string, size: number, headers: boolean): Promise<void> {
  for (let from = 0; from < count; from += size)
    await producer.send({
      topic,
      messages: Array.from({ length: size }, (_one, offset) => messageOf(from + offset, headers)),
    })
}

const written = await measure('kafka: written, acknowledged by all', count, rounds, {
  async bare() {
    const topic = await newTopic()
    return timed(() => send(topic, batch, true))
  },
  async connector() {
    const topic = await newTopic()
    return timed(async () => {
      const { failed } = await log.records.write(records, { topic })
      if (failed[0] !== undefined) throw failed[0].error
    })
  },
  // In batches of 100, without headers.
  async readme() {
    const topic = await newTopic()
    return timed(() => send(topic, 100, false))
  },
})

/** Counts from the first record to the last: joining a group takes the time that the cluster gives it. */
class Counter {
  readonly done: Promise<number>
  #resolve: (seconds: number) => void = () => undefined
  #seen = 0
  #startedAt = 0

  constructor() {
    this.done = new Promise((resolve) => (this.#resolve = resolve))
  }

  count(): void {
    if (this.#seen === 0) this.#startedAt = performance.now()
    this.#seen += 1
    if (this.#seen === count) this.#resolve((performance.now() - this.#startedAt) / 1_000)
  }
}

/**
 * What the connector hands to a handler, which also gets the time as a text: key and headers as texts, the value parsed.
 * Both note each record as handled, and commit after each batch.
 */
function read({ key, value, headers, offset }: kafkajs.KafkaMessage): unknown {
  const texts: Record<string, string> = {}
  for (const name in headers) texts[name] = String(headers[name])
  return { key: String(key), value: JSON.parse(String(value)) as unknown, headers: texts, offset }
}

async function consumed(topic: string, how: 'batch' | 'message'): Promise<number> {
  const consumer = client.consumer({ groupId: `bare-${topic}-${how}-${Math.random()}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const counter = new Counter()
  await consumer.run(
    how === 'batch'
      ? {
          eachBatch: async ({ batch: { messages }, heartbeat, resolveOffset }) => {
            for (const message of messages) {
              read(message)
              counter.count()
              resolveOffset(message.offset)
            }
            await heartbeat()
          },
        }
      : {
          eachMessage: async ({ message }) => {
            read(message)
            counter.count()
          },
        },
  )
  const seconds = await counter.done
  await consumer.disconnect()
  return seconds
}

const full = await newTopic()
await send(full, batch, true)
const handled = await measure('kafka: handled, committed', count, rounds, {
  bare: () => consumed(full, 'batch'),
  async connector() {
    const counter = new Counter()
    const subscription = log.records.listen(
      { topics: [full], group: `connector-${Math.random()}`, from: 'earliest' },
      async () => counter.count(),
    )
    const seconds = await counter.done
    await subscription.stop()
    return seconds
  },
  readme: () => consumed(full, 'message'),
})

await log.close()
await producer.disconnect()
await admin.disconnect()
process.stdout.write(`${JSON.stringify([written, handled])}\n`)
