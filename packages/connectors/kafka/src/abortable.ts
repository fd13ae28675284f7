import { ConnectorError } from '@casare/core'

/** How long to wait at most, and what to say then. */
export interface Patience {
  readonly signal: AbortSignal
  readonly limitMs: number
  /** Said where the limit is reached. */
  readonly late: () => ConnectorError
}

/**
 * The promise's outcome, or the signal's reason, or the error for being late, whichever is first. What the promise does
 * after that is ignored.
 */
export function abortable<T>(promise: Promise<T>, { signal, limitMs, late }: Patience): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      end()
      reject(signal.reason as Error)
    }
    const timer = setTimeout(() => {
      end()
      reject(late())
    }, limitMs)
    promise.then(
      (value) => {
        end()
        resolve(value)
      },
      (error: unknown) => {
        end()
        reject(error)
      },
    )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}

/** The cluster did not answer in time: nobody can tell what it did. */
export function silent(what: string, limitMs: number): ConnectorError {
  return new ConnectorError({ code: 'timeout', message: `Kafka: no answer to ${what} within ${limitMs} ms.` })
}
