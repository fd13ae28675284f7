import { ConnectorError } from '@casare/core'
import type { OpenedEntry, SourceStore, Span } from './store.ts'

/** What the REST connector offers of a download. */
export interface DownloadConnection {
  download(
    input: { path: string; resume?: { offset: number; etag: string } },
    options?: { signal?: AbortSignal | undefined },
  ): Promise<{
    readonly headers: Readonly<Record<string, string | string[]>>
    readonly body: Uint8Array | AsyncIterable<Uint8Array>
    readonly offset: number
    readonly totalBytes?: number | undefined
    readonly etag?: string | undefined
  }>
}

/**
 * One file behind an HTTP address, by a connection of the REST connector. Where the server tells length and a strong etag,
 * parts are read by range; else the file is read once, from beginning to end.
 */
export class DownloadSource implements SourceStore {
  readonly name: string
  readonly #connection: DownloadConnection
  readonly #path: string

  /**
   * @param name the address as people write it, without its query
   * @param path path and query below the connection's base
   */
  constructor(name: string, connection: DownloadConnection, path: string) {
    this.name = name
    this.#connection = connection
    this.#path = path
  }

  async describe(key: string, signal: AbortSignal): Promise<Omit<OpenedEntry, 'body'>> {
    const { body, ...about } = await this.open(key, undefined, signal)
    await body[Symbol.asyncIterator]().return?.()
    return about
  }

  async *list(signal: AbortSignal): AsyncIterable<OpenedEntry['entry']> {
    yield (await this.describe(nameIn(this.#path), signal)).entry
  }

  async open(key: string, span: Span | undefined, signal: AbortSignal): Promise<OpenedEntry> {
    const { offset = 0, length, etag } = span ?? {}
    const resume = offset > 0 && etag !== undefined ? { resume: { offset, etag } } : {}
    const answer = await this.#connection.download({ path: this.#path, ...resume }, { signal })
    if (etag !== undefined && answer.etag !== etag)
      throw new ConnectorError({ code: 'conflict', message: `${this.name} was changed while it was read.` })
    const one = (name: string): string | undefined => {
      const value = answer.headers[name]
      return typeof value === 'string' ? value : undefined
    }
    const modified = Date.parse(one('last-modified') ?? '')
    const ranged = answer.etag !== undefined && answer.totalBytes !== undefined
    return {
      entry: {
        key,
        size: ranged ? answer.totalBytes : undefined,
        etag: ranged ? answer.etag : undefined,
        lastModified: Number.isNaN(modified) ? undefined : new Date(modified).toISOString(),
      },
      attributes: { contentType: one('content-type') },
      sums: {},
      body: first(answer.body, length),
    }
  }
}

/** The name of the file in an address, decoded. */
export function nameIn(path: string): string {
  const [name = ''] = (path.split('/').at(-1) ?? '').split(/[?#]/)
  try {
    return decodeURIComponent(name) || 'index'
  } catch {
    return name
  }
}

async function* first(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  length = Infinity,
): AsyncGenerator<Uint8Array, void> {
  let left = length
  if (left <= 0) return
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    const taken = chunk.byteLength > left ? chunk.subarray(0, left) : chunk
    left -= taken.byteLength
    yield taken
    if (left <= 0) return
  }
}
