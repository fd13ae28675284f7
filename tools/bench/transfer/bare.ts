// One file up or down through the connector or through the bare SDK: `bare.ts URL HOW WAY BUCKET FILE`. Prints one line of JSON.
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { bareS3, connectS3 } from './servers.ts'

const [url = '', how, way, bucket = '', file = ''] = process.argv.slice(2)
const partBytes = 16 * 1024 ** 2
const concurrency = 4

/** Loads all code by a small object first; answers how to move `key`. */
async function prepared(): Promise<(key: string) => Promise<unknown>> {
  if (how === 'connector') {
    const store = connectS3(url)
    await store.headObject({ bucket, key: 'warm-up' })
    if (way === 'up')
      return (key) => store.putObject({ bucket, key, body: createReadStream(file), partBytes, concurrency })
    return async (key) => {
      const { body } = await store.getObject({ bucket, key })
      await pipeline(body instanceof Uint8Array ? [body] : body, createWriteStream(file))
    }
  }
  // https://github.com/aws/aws-sdk-js-v3/tree/main/lib/lib-storage
  const client = bareS3(url)
  if (way === 'up')
    return (Key) =>
      new Upload({
        client,
        params: { Bucket: bucket, Key, Body: createReadStream(file) },
        partSize: partBytes,
        queueSize: concurrency,
      }).done()
  // https://github.com/aws/aws-sdk-js-v3/blob/main/supplemental-docs/CLIENTS.md
  return async (Key) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
    if (Body instanceof Readable) await pipeline(Body, createWriteStream(file))
  }
}

const move = await prepared()
const startedAt = performance.now()
const cpu = process.cpuUsage()
await move(way === 'up' ? `up-${how}` : 'large')
const { user, system } = process.cpuUsage(cpu)
const seconds = (performance.now() - startedAt) / 1_000
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6 })}\n`)
process.exit(0)
