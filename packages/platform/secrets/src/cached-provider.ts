import { invalidInput, Secret, type SecretProvider, type SecretReference } from '@casare/core'

/** How long values are used without a look. */
export interface CacheOptions {
  /** In milliseconds, 1,000 to 86,400,000. Default 300,000. */
  readonly ttlMs?: number | undefined
  /** Told where a value could not be read again, and the last one goes on being used: `secret_stale`. */
  readonly event?: ((name: string, detail: Readonly<Record<string, unknown>>) => void) | undefined
}

interface Entry {
  current: Secret
  readAt: number
  reading: Promise<void> | undefined
}

const maxEntries = 10_000
const retryMs = 10_000

/**
 * A provider that asks another one once per reference, and again behind the next use after `ttlMs`: a value that was rotated counts
 * from then on, and nobody waits for it. A source that is away for a while leaves the last value in use. Failures are not kept:
 * a secret that is missing stops only who asks for it.
 */
export function cachedProvider(provider: SecretProvider, options: CacheOptions = {}): SecretProvider {
  const { ttlMs = 300_000, event } = options
  if (!Number.isInteger(ttlMs) || ttlMs < 1_000 || ttlMs > 86_400_000)
    throw invalidInput('ttlMs must be a whole number from 1,000 to 86,400,000.')
  const entries = new Map<string, Entry>()
  const opening = new Map<string, Promise<Entry>>()

  const readAgain = (reference: SecretReference, entry: Entry): void => {
    entry.reading ??= Promise.resolve()
      .then(() => provider(reference))
      .then(
        (next) => {
          entry.current = next
          entry.readAt = performance.now()
        },
        (error: unknown) => {
          entry.readAt = performance.now() - ttlMs + Math.min(retryMs, ttlMs)
          event?.('secret_stale', { reference: reference.text, code: (error as { code?: unknown }).code })
        },
      )
      .finally(() => {
        entry.reading = undefined
      })
  }
  const open = async (reference: SecretReference): Promise<Entry> => {
    const entry: Entry = { current: await provider(reference), readAt: performance.now(), reading: undefined }
    if (entries.size >= maxEntries) for (const oldest of entries.keys()) if (entries.delete(oldest)) break
    entries.set(reference.text, entry)
    return entry
  }
  return async (reference) => {
    const { text } = reference
    let entry = entries.get(text)
    if (entry === undefined) {
      const started = opening.get(text) ?? open(reference).finally(() => opening.delete(text))
      opening.set(text, started)
      entry = await started
    }
    const used = entry
    return new Secret(() => {
      if (performance.now() - used.readAt > ttlMs) readAgain(reference, used)
      return used.current.reveal()
    }, used.current.origin)
  }
}
