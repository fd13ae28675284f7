import type { Socket } from 'node:net'
import type { Client } from 'pg'

const goodbyeMs = 1_000

/** The end of a connection that listens. */
export interface Loss {
  /** Resolves when the signal aborts, rejects when the connection is lost. Never an unhandled rejection. */
  readonly promise: Promise<void>
  /** Ends the connection as one that failed. */
  fail(error: unknown): void
  /** Called when it is over, for whatever reason. */
  onEnd(listener: () => void): void
  /** Ends the connection, at once or after what was sent. Idempotent. */
  end(how: 'at once' | 'after what was sent'): void
}

/** Watches over a connection that listens. */
export function lossOf(client: Client, signal: AbortSignal): Loss {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  const listeners: (() => void)[] = []
  const stop = (): void => resolve()
  client.on('error', reject)
  client.on('end', () => reject(new Error('Connection terminated unexpectedly')))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let ended = false
  return {
    promise,
    fail: reject,
    onEnd: (listener) => void listeners.push(listener),
    end(how) {
      if (ended) return
      ended = true
      signal.removeEventListener('abort', stop)
      for (const listener of listeners) listener()
      const stream = client.connection.stream as unknown as Socket
      if (how === 'at once') stream.destroy()
      else {
        stream.resume()
        stream.end()
        const timer = setTimeout(() => stream.destroy(), goodbyeMs)
        stream.once('close', () => clearTimeout(timer))
      }
    },
  }
}
