// Lists a bucket in a process of its own: `list.ts URL BUCKET`. Prints one line of JSON.
import { connectS3 } from './servers.ts'

const [url = '', bucket = ''] = process.argv.slice(2)
const store = connectS3(url)
let rssPeak = 0
let keys = 0
const startedAt = performance.now()
for await (const object of store.objects.read({ bucket })) {
  if (object.kind === 'object') keys += 1
  if (keys % 500 === 0) rssPeak = Math.max(rssPeak, process.memoryUsage.rss())
}
const seconds = (performance.now() - startedAt) / 1_000
await store.close()
process.stdout.write(`${JSON.stringify({ keys, seconds, rssPeak })}\n`)
