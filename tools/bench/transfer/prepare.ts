import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { connectAzure, connectS3, type Urls } from './servers.ts'

const mebibyte = 1024 ** 2

/** Bytes that no store can compress, without end or up to a length. */
export async function* noise(length: number): AsyncGenerator<Buffer, void> {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), Buffer.alloc(16))
  const zeros = Buffer.alloc(mebibyte)
  for (let left = length; left > 0; left -= mebibyte) yield cipher.update(zeros.subarray(0, Math.min(left, mebibyte)))
}

/** A file of that many bytes. */
export async function writeLarge(path: string, bytes: number): Promise<void> {
  await pipeline(Readable.from(noise(bytes)), createWriteStream(path))
}

/** A folder of that many files of 10 KiB, a hundred in each folder below. */
export async function writeSmall(folder: string, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const below = join(folder, String(Math.floor(number / 100)))
    if (number % 100 === 0) await mkdir(below, { recursive: true })
    await writeFile(join(below, `${number}.bin`), randomBytes(10 * 1024))
  }
}

/** Both stores, for what is no part of a measurement. */
export function storesAt(urls: Urls) {
  const s3 = connectS3(urls.s3)
  const azure = connectAzure(urls.azure)
  return {
    s3,
    azure,
    /** Removes an object from both. */
    async remove(bucket: string, prefix: string): Promise<void> {
      for (const store of [s3, azure]) {
        const keys: string[] = []
        for await (const { key } of store.objects.read({ bucket, prefix })) keys.push(key)
        for (let from = 0; from < keys.length; from += 200)
          await store.deleteObjects({ bucket, keys: keys.slice(from, from + 200) })
      }
    },
    async close(): Promise<void> {
      await s3.close()
      await azure.close()
    },
  }
}

/** SHA-256 of bytes that go by. */
export async function sha256(body: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body instanceof Uint8Array ? [body] : body) hash.update(chunk)
  return hash.digest('hex')
}
