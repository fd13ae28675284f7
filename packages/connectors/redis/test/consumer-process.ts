// Handles the first 500 entries, printing the number of each, and then holds on to what it gets until it is killed:
// `consumer-process.ts URL STREAM GROUP`.
import { redis } from '../src/index.ts'

const [url = '', stream = '', group = ''] = process.argv.slice(2)
const connection = redis({ url })
const subscription = connection.entries.listen(
  { stream, group },
  async ({ fields }) => {
    if (Number(fields['number']) >= 500) await new Promise(() => undefined)
    process.stdout.write(`${String(fields['number'])}\n`)
  },
  { concurrency: 20 },
)
await subscription.closed
