import { readFile } from 'node:fs/promises'
import { invalidInput, isError, isPlainObject } from '@casare/core'
import type { Lease, StoredTokens, TokenStore } from './token-store.ts'

interface Entry {
  readonly value: string | null
  readonly version: number
  readonly fence: number
  readonly holder: string
  /** Milliseconds since 1970, by this machine's clock. */
  readonly until: number
}

type Entries = Readonly<Record<string, Entry>>

const format = 1

/**
 * Tokens in a file of this machine (mode 0600), for all processes that reach it. It is replaced as a whole, whenever a process
 * or the machine stops. Values are stored in the clear; see `sealedTokenStore`.
 */
export function fileTokenStore(path: string): TokenStore {
  return new FileTokenStore(path)
}

class FileTokenStore implements TokenStore {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  async read(key: string): Promise<StoredTokens | undefined> {
    const { value, version } = entryOf(await this.#load(), key)
    return value === null ? undefined : { value, version }
  }

  acquire(key: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    return this.#change(key, (entry) => {
      if (entry.until > Date.now() && entry.holder !== holder) return undefined
      const fence = entry.fence + 1
      return { entry: { ...entry, fence, holder, until: Date.now() + ttlMs }, result: { fence } }
    })
  }

  async extend(key: string, fence: number, ttlMs: number): Promise<boolean> {
    const extended = await this.#change(key, (entry) =>
      entry.fence === fence ? { entry: { ...entry, until: Date.now() + ttlMs }, result: true } : undefined,
    )
    return extended === true
  }

  async release(key: string, fence: number): Promise<void> {
    await this.#change(key, (entry) =>
      entry.fence === fence ? { entry: { ...entry, until: 0 }, result: true } : undefined,
    )
  }

  async replace(key: string, version: number, value: string): Promise<boolean> {
    const replaced = await this.#change(key, (entry) =>
      entry.version === version ? { entry: { ...entry, value, version: version + 1 }, result: true } : undefined,
    )
    return replaced === true
  }

  async put(key: string, value: string): Promise<void> {
    await this.#change(key, (entry) => ({ entry: { ...entry, value, version: entry.version + 1 }, result: true }))
  }

  async delete(key: string): Promise<void> {
    await this.#change(key, (entry) => ({ entry: { ...entry, value: null, version: entry.version + 1 }, result: true }))
  }

  async #change<Result>(
    key: string,
    change: (entry: Entry) => { readonly entry: Entry; readonly result: Result } | undefined,
  ): Promise<Result | undefined> {
    const { withLock, writeWhole } = await import('@casare/secrets')
    return withLock(this.#path, async () => {
      const entries = await this.#load()
      const changed = change(entryOf(entries, key))
      if (changed === undefined) return undefined
      const next = { format, entries: { ...entries, [key]: changed.entry } }
      await writeWhole(this.#path, `${JSON.stringify(next)}\n`, { replace: true })
      return changed.result
    })
  }

  async #load(): Promise<Entries> {
    let text: string
    try {
      text = await readFile(this.#path, 'utf8')
    } catch (error) {
      if (isError(error) && 'code' in error && error.code === 'ENOENT') return Object.create(null) as Entries
      throw error
    }
    const data = parse(text)
    if (isPlainObject(data) && typeof data['format'] === 'number' && data['format'] > format)
      throw invalidInput(`${this.#path} was written by a newer version of @casare/auth. Update this one.`)
    if (!isPlainObject(data) || data['format'] !== format || !isPlainObject(data['entries']))
      throw invalidInput(`${this.#path} is no file of tokens, or is damaged. Put it aside and log in again.`)
    return Object.assign(Object.create(null), data['entries']) as Entries
  }
}

function entryOf(entries: Entries, key: string): Entry {
  return entries[key] ?? { value: null, version: 0, fence: 0, holder: '', until: 0 }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message would show a part of the tokens.
    return undefined
  }
}
