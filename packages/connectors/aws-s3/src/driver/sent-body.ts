import { ConnectorError } from '@casare/core'
import type { SizedBytes } from '@casare/object-store'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { md5Of, type ObjectFacts } from './attributes.ts'

/** Bytes as the SDK takes them, with their MD5: sent along for bytes in memory, compared with the etag for a stream. */
export interface SentBody {
  readonly fields: {
    readonly Body: Uint8Array | Readable
    readonly ContentLength: number
    readonly ContentMD5?: string
  }
  /** @throws `internal` where the store has another sum than the bytes that were sent */
  check(answer: ObjectFacts, what: string): void
}

export function sentBody({ bytes, length, open }: SizedBytes): SentBody {
  if (bytes !== undefined) {
    const md5 = createHash('md5').update(bytes).digest('base64')
    return {
      fields: { Body: bytes, ContentLength: length, ContentMD5: md5 },
      check: (answer, what) => compare(md5Of(answer), md5, what),
    }
  }
  const hash = createHash('md5')
  const hashed = async function* (): AsyncIterable<Uint8Array> {
    for await (const chunk of open()) {
      hash.update(chunk)
      yield chunk
    }
  }
  return {
    fields: { Body: Readable.from(hashed(), { objectMode: false, highWaterMark: 262_144 }), ContentLength: length },
    check: (answer, what) => compare(md5Of(answer), hash.digest('base64'), what),
  }
}

function compare(answered: string | undefined, sent: string, what: string): void {
  if (answered === undefined || answered === sent) return
  throw new ConnectorError({
    code: 'internal',
    applied: 'maybe',
    transient: true,
    message: `${what} arrived damaged at Amazon S3: its MD5 is another one there.`,
  })
}
