// Lists a bucket in a process of its own: `list.mjs URL BUCKET`. Prints one line of JSON.
// Plain JavaScript on the built packages: what is measured is what users run, without a compiler in the process.
import { s3 } from '@casare/aws-s3'

const [endpoint = '', bucket = ''] = process.argv.slice(2)
const credentials = { kind: 'static', accessKeyId: 'any', secretAccessKey: 'the secret of the bench' }
const store = s3({ region: 'us-east-1', endpoint, forcePathStyle: true, credentials })
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
