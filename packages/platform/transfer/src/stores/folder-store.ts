import { ConnectorError } from '@casare/core'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat, writeFile, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { toFileError } from './file-error.ts'
import { SafePaths } from './safe-path.ts'
import type {
  Entry,
  OpenedEntry,
  OutgoingPart,
  PartUpload,
  SentPart,
  SourceStore,
  Span,
  StoredEntry,
  TargetStore,
} from './store.ts'

/** Unfinished files carry it; they are no entries. */
const unfinished = '.casare-part'
const writtenBytes = 1024 * 1024

/** A folder of this machine, or one file of it. Links are not followed. */
export class FolderStore implements SourceStore, TargetStore {
  readonly name: string
  // To wait for the disk with each small file would take longer than all else; a file that was lost has another size.
  readonly forgetful = true
  readonly #root: string
  readonly #paths: SafePaths

  constructor(root: string) {
    this.name = `file://${root}`
    this.#root = root
    this.#paths = new SafePaths(root)
  }

  async #stat(key: string): Promise<Entry> {
    try {
      const found = await stat(join(this.#root, key), { bigint: true })
      if (!found.isFile()) throw new ConnectorError({ code: 'not_found', message: `${key} is no plain file.` })
      return {
        key,
        size: Number(found.size),
        etag: `${found.size}-${found.mtimeNs}-${found.ino}`,
        lastModified: new Date(Number(found.mtimeMs)).toISOString(),
      }
    } catch (error) {
      throw toFileError(error, join(this.#root, key))
    }
  }

  async describe(key: string): Promise<Omit<OpenedEntry, 'body'>> {
    return { entry: await this.#stat(key), attributes: {}, sums: {} }
  }

  async *list(signal: AbortSignal): AsyncIterable<Entry> {
    yield* this.#below('', signal)
  }

  async *#below(folder: string, signal: AbortSignal): AsyncIterable<Entry> {
    const found = await readdir(join(this.#root, folder), { withFileTypes: true }).catch((error: unknown) => {
      throw toFileError(error, join(this.#root, folder))
    })
    for (const one of found.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
      signal.throwIfAborted()
      const key = folder === '' ? one.name : `${folder}/${one.name}`
      if (one.isDirectory()) yield* this.#below(key, signal)
      else if (one.isFile() && !one.name.endsWith(unfinished)) yield await this.#stat(key)
    }
  }

  async open(key: string, span: Span | undefined, signal: AbortSignal): Promise<OpenedEntry> {
    const entry = await this.#stat(key)
    if (span?.etag !== undefined && span.etag !== entry.etag) throw changed(key)
    return { entry, attributes: {}, sums: {}, body: this.#read(entry, span, signal) }
  }

  async *#read(entry: Entry, span: Span | undefined, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const { offset, length } = span ?? { offset: 0, length: entry.size ?? 0 }
    let received = 0
    if (length > 0) {
      const path = join(this.#root, entry.key)
      const stream = createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: 262_144, signal })
      try {
        for await (const chunk of stream) {
          received += (chunk as Uint8Array).byteLength
          yield chunk as Uint8Array
        }
      } catch (error) {
        throw toFileError(error, path)
      }
    }
    // A file that was written to while it was read would be neither the old nor the new one.
    if (received !== length || (await this.#stat(entry.key)).etag !== entry.etag) throw changed(entry.key)
  }

  async find(key: string): Promise<Entry | undefined> {
    try {
      return await this.#stat(key)
    } catch (error) {
      if (ConnectorError.is(error, 'not_found')) return undefined
      throw error
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<StoredEntry> {
    const path = await this.#paths.of(key)
    const hidden = hiddenPath(path)
    try {
      await writeFile(hidden, bytes)
      await rename(hidden, path)
    } catch (error) {
      this.#paths.forget()
      await rm(hidden, { force: true })
      throw toFileError(error, path)
    }
    return { etag: undefined, sums: {} }
  }

  async begin(key: string): Promise<PartUpload> {
    const path = await this.#paths.of(key)
    await writeFile(hiddenPath(path), '').catch((error: unknown) => {
      this.#paths.forget()
      throw toFileError(error, path)
    })
    return this.#upload(key, path)
  }

  async resume(saved: unknown): Promise<PartUpload | undefined> {
    const { key } = saved as { key: string }
    const path = await this.#paths.of(key)
    const there = await stat(hiddenPath(path)).catch(() => undefined)
    return there === undefined ? undefined : this.#upload(key, path)
  }

  #upload(key: string, path: string): PartUpload {
    const hidden = hiddenPath(path)
    return {
      saved: { key },
      inOrder: false,
      // A part is told as sent when it is on the disk: what the journal says holds.
      present: undefined,
      send: (part, signal) => writePart(hidden, part, signal),
      async complete(parts) {
        const size = parts.reduce((sum, part) => sum + part.size, 0)
        const file = await open(hidden, 'r+')
        try {
          await file.truncate(size)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(hidden, path).catch((error: unknown) => {
          throw toFileError(error, path)
        })
        return { etag: undefined, sums: {} }
      },
      async abort() {
        await rm(hidden, { force: true })
      },
    }
  }

  async remove(key: string): Promise<void> {
    await rm(await this.#paths.of(key), { force: true })
  }
}

/** Beside the file, so that renaming is atomic; found again by its name after a crash. */
function hiddenPath(path: string): string {
  const name = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16)
  return join(dirname(path), `.${name}${unfinished}`)
}

async function writePart(
  path: string,
  { number, offset, open: bytes }: OutgoingPart,
  signal: AbortSignal,
): Promise<SentPart> {
  try {
    const file = await open(path, 'r+')
    let size = 0
    // Gathered: a write costs about as much whether it is long or short.
    let gathered: Uint8Array[] = []
    let bytesGathered = 0
    const write = async (): Promise<void> => {
      const chunks = gathered
      gathered = []
      bytesGathered = 0
      size += await writeAll(file, chunks, offset + size)
    }
    try {
      for await (const chunk of bytes()) {
        signal.throwIfAborted()
        gathered.push(chunk)
        bytesGathered += chunk.byteLength
        if (bytesGathered >= writtenBytes) await write()
      }
      await write()
      await file.datasync()
    } finally {
      await file.close()
    }
    return { number, size, etag: String(offset) }
  } catch (error) {
    throw toFileError(error, path)
  }
}

/** Writes all chunks, also where the system takes fewer bytes at once; answers with their number. */
async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<number> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)
  if (length === 0) return 0
  const { bytesWritten } = await file.writev(chunks, position)
  if (bytesWritten === length) return length
  const rest = Buffer.concat(chunks).subarray(bytesWritten)
  return bytesWritten + (await writeAll(file, [rest], position + bytesWritten))
}

function changed(key: string): ConnectorError {
  return new ConnectorError({ code: 'conflict', message: `${key} was changed while it was read.` })
}
