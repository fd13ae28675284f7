// A member of a group until it is killed; prints each record that it has handled: `consumer-process.ts BROKERS TOPIC GROUP`.
import { kafka, type KafkaRecord } from '../src/index.ts'

const [brokers = '', topic = '', group = ''] = process.argv.slice(2)
const subscription = kafka({ brokers: brokers.split(',') }).records.listen(
  { topics: [topic], group, from: 'earliest', order: 'key', sessionTimeoutMs: 4_000, commitMs: 50 },
  async ({ key, value }: KafkaRecord) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    process.stdout.write(`${String(key)} ${(value as { number: number }).number}\n`)
  },
  { concurrency: 4 },
)
await subscription.closed
