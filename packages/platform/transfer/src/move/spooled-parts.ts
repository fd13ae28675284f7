import { createReadStream } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OutgoingPart } from '../stores/store.ts'

/** A part that waits in a file until it is sent. */
export interface SpooledPart extends OutgoingPart {
  /** Deletes the file. */
  free(): Promise<void>
}

/**
 * Cuts a stream of unknown length into parts that lie in temporary files: a part that fails is read from there again, and
 * no part is held in memory.
 */
export async function* spooledParts(
  source: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<SpooledPart, void> {
  const folder = await mkdtemp(join(tmpdir(), 'casare-transfer-'))
  const iterator = source[Symbol.asyncIterator]()
  let rest: Uint8Array | undefined
  let ended = false
  let offset = 0
  const waiting: Promise<void>[] = []
  try {
    for (let number = 1; !ended; number += 1) {
      const path = join(folder, String(number))
      const file = await open(path, 'wx', 0o600)
      let length = 0
      try {
        while (length < partBytes) {
          if (rest === undefined) {
            const next = await iterator.next()
            if (next.done === true) {
              ended = true
              break
            }
            rest = next.value
          }
          const taken = rest.subarray(0, partBytes - length)
          await file.write(taken)
          length += taken.byteLength
          rest = taken.byteLength === rest.byteLength ? undefined : rest.subarray(taken.byteLength)
        }
      } finally {
        await file.close()
      }
      // Whether a full part is the last one is known when there is no more behind it.
      while (!ended && (rest === undefined || rest.byteLength === 0)) {
        const next = await iterator.next()
        if (next.done === true) ended = true
        else rest = next.value
      }
      const { promise: freed, resolve } = Promise.withResolvers<void>()
      waiting.push(freed)
      yield {
        number,
        offset,
        length,
        last: ended,
        open: () => (length === 0 ? nothing() : createReadStream(path)),
        free: () => rm(path, { force: true }).finally(resolve),
      }
      offset += length
    }
    // The last parts are still being sent when the source has ended; whoever stops early needs none of them.
    await Promise.all(waiting)
  } finally {
    await iterator.return?.()
    await rm(folder, { recursive: true, force: true })
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // No bytes.
}
