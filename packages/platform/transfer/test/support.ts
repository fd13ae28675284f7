import { createCipheriv } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { memory, MemoryStore, type MemoryConnection } from '../../object-store/test/memory-store.ts'
import { ConnectionStore, type SourceStore } from '../src/index.ts'

export const mebibyte = 1024 * 1024

/** Folders, a store in memory and what else a test needs; `end` takes it all away. */
export class Bench {
  readonly root: string
  readonly journals: string
  readonly memory = new MemoryStore()
  readonly connection: MemoryConnection

  private constructor(root: string) {
    this.root = root
    this.journals = join(root, 'journals')
    this.memory.buckets.set('b', new Map())
    this.connection = memory({ store: this.memory, resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } } })
  }

  static async begin(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), 'casare-transfer-test-')))
  }

  async end(): Promise<void> {
    await this.connection.close()
    await rm(this.root, { recursive: true, force: true })
  }

  bucket(prefix = ''): ConnectionStore {
    return new ConnectionStore(`memory://b/${prefix}`, this.connection, 'b', prefix)
  }

  /** A folder with these files. */
  async folder(name: string, files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
    const path = join(this.root, name)
    await mkdir(path, { recursive: true })
    for (const [key, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(path, key)), { recursive: true })
      await writeFile(join(path, key), bytes)
    }
    return path
  }

  /** What the store in memory has. */
  kept(): Record<string, string> {
    return Object.fromEntries([...this.memory.bucket('b')].map(([key, { bytes }]) => [key, bytes.toString()]))
  }
}

/** The files below a folder, by their keys. */
export async function filesOf(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const one of await readdir(root, { recursive: true, withFileTypes: true }))
    if (one.isFile()) {
      const path = join(one.parentPath, one.name)
      found[path.slice(root.length + 1)] = await readFile(path, 'utf8')
    }
  return found
}

/** Bytes that do not repeat, the same for the same seed. */
export function bytesOf(length: number, seed = 1): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** A source that does not tell sizes. */
export function withoutSizes(source: SourceStore): SourceStore {
  return {
    name: source.name,
    async describe(key, signal) {
      const described = await source.describe(key, signal)
      return { ...described, entry: { ...described.entry, size: undefined } }
    },
    async *list(signal) {
      for await (const entry of source.list(signal)) yield { ...entry, size: undefined }
    },
    async open(key, span, signal) {
      if (span !== undefined) throw new Error('a source without sizes has no spans')
      const opened = await source.open(key, undefined, signal)
      return { ...opened, entry: { ...opened.entry, size: undefined } }
    },
  }
}
