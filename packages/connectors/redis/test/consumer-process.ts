// Handles entries until it is killed, and prints the number of each when it is handled: `consumer-process.ts URL STREAM GROUP`.
import { redis } from '../src/index.ts'

const [url = '', stream = '', group = ''] = process.argv.slice(2)
const connection = redis({ url })
const subscription = connection.entries.listen(
  { stream, group },
  async ({ fields }) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    process.stdout.write(`${String(fields['number'])}\n`)
  },
  { concurrency: 20 },
)
await subscription.closed
