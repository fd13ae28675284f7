// Consumes a queue until it is killed, and prints the number of each message it has begun: `consumer-process.ts URL QUEUE`.
import { rabbitmq } from '../src/index.ts'

const [url = '', queue = ''] = process.argv.slice(2)
const subscription = rabbitmq({ url }).messages.listen(
  { queue },
  async ({ body }) => {
    process.stdout.write(`${(body as { number: number }).number}\n`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  },
  { concurrency: 10 },
)
await subscription.closed
