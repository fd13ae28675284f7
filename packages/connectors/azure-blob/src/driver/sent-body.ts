import type { SizedBytes } from '@casare/object-store'
import { ConnectorError } from '@casare/core'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'

/** Bytes as the SDK takes them, and their MD5: known before for bytes in memory, when they are sent for a stream. */
export interface SentBody {
  readonly body: Uint8Array | (() => NodeJS.ReadableStream)
  /** Sent with the request, so that the service refuses damaged bytes. */
  readonly before: { readonly transactionalContentMD5?: Uint8Array }
  /** @throws `internal` where the service has another sum than the bytes that were sent */
  check(answered: Uint8Array | undefined, what: string): Uint8Array
}

export function sentBody({ bytes, open }: SizedBytes): SentBody {
  if (bytes !== undefined) {
    const md5 = createHash('md5').update(bytes).digest()
    return { body: bytes, before: { transactionalContentMD5: md5 }, check: () => md5 }
  }
  let hash = createHash('md5')
  const hashed = async function* (): AsyncIterable<Uint8Array> {
    hash = createHash('md5')
    for await (const chunk of open()) {
      hash.update(chunk)
      yield chunk
    }
  }
  return {
    body: () => Readable.from(hashed(), { objectMode: false }),
    before: {},
    check(answered, what) {
      const md5 = hash.digest()
      if (answered !== undefined && Buffer.compare(answered, md5) !== 0)
        throw new ConnectorError({
          code: 'internal',
          transient: true,
          message: `${what} arrived damaged at Azure Blob Storage: its MD5 is another one there.`,
        })
      return md5
    },
  }
}
