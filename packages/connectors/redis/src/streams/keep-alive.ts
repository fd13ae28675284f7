import { ConnectorError, type ListenContext } from '@casare/core'
import { end } from '../dial.ts'
import { sendOn, textReplies, type Driver } from '../redis-client.ts'

const pingMs = 1_000

/**
 * Watches over a listener's own connection: a PING each second whose answer is the sign of life.
 * @returns a promise that resolves when the subscription is stopped and rejects when the connection is lost.
 */
export function keepAlive(
  driver: Driver,
  context: Pick<ListenContext<never>, 'signal' | 'alive'>,
): { readonly promise: Promise<void>; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  promise.catch(() => undefined)
  const { signal } = context
  let waiting = false
  const timer = setInterval(() => {
    if (waiting) return
    waiting = true
    sendOn(driver, ['PING'], textReplies).then(
      () => {
        waiting = false
        context.alive()
      },
      () => undefined,
    )
  }, pingMs)
  const lost = (cause: unknown): void => {
    const reason = cause instanceof Error ? cause.message : 'the connection ended'
    reject(new ConnectorError({ code: 'unavailable', message: `Redis: ${reason}.`, cause }))
  }
  const abort = (): void => {
    resolve()
    end(driver)
  }
  driver.on('terminated', lost)
  driver.on('end', lost)
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  if (!driver.isReady) lost(undefined)
  return {
    promise,
    stop() {
      clearInterval(timer)
      signal.removeEventListener('abort', abort)
    },
  }
}
