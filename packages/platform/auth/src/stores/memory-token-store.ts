import type { Lease, StoredTokens, TokenStore } from './token-store.ts'

interface Entry {
  value: string | undefined
  version: number
  fence: number
  holder: string
  until: number
}

/** Tokens of this process only. */
export function memoryTokenStore(): TokenStore {
  return new MemoryTokenStore()
}

class MemoryTokenStore implements TokenStore {
  readonly #entries = new Map<string, Entry>()

  #entry(key: string): Entry {
    const entry = this.#entries.get(key) ?? { value: undefined, version: 0, fence: 0, holder: '', until: 0 }
    this.#entries.set(key, entry)
    return entry
  }

  async read(key: string): Promise<StoredTokens | undefined> {
    const entry = this.#entries.get(key)
    return entry?.value === undefined ? undefined : { value: entry.value, version: entry.version }
  }

  async acquire(key: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    const entry = this.#entry(key)
    if (entry.until > performance.now() && entry.holder !== holder) return undefined
    entry.fence += 1
    entry.holder = holder
    entry.until = performance.now() + ttlMs
    return { fence: entry.fence }
  }

  async extend(key: string, fence: number, ttlMs: number): Promise<boolean> {
    const entry = this.#entry(key)
    if (entry.fence !== fence) return false
    entry.until = performance.now() + ttlMs
    return true
  }

  async release(key: string, fence: number): Promise<void> {
    const entry = this.#entry(key)
    if (entry.fence === fence) entry.until = 0
  }

  async replace(key: string, version: number, value: string): Promise<boolean> {
    const entry = this.#entry(key)
    if (entry.version !== version) return false
    entry.value = value
    entry.version += 1
    return true
  }

  async put(key: string, value: string): Promise<void> {
    const entry = this.#entry(key)
    entry.value = value
    entry.version += 1
  }

  async delete(key: string): Promise<void> {
    const entry = this.#entry(key)
    entry.value = undefined
    entry.version += 1
  }
}
