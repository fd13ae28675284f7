import { ConnectorError } from '@casare/core'

const maxTimerMs = 2_147_483_647
const minTimerMs = 200

/** Renews something lent at two thirds of its life. */
export interface RenewalTimer {
  /** @param seconds how long it lives from now on. */
  start(seconds: number): void
  stop(): void
}

/**
 * @param renew answers with the seconds granted, or `undefined` where there is nothing more to renew; where it throws, it is
 * called again after a third of what is left, for as long as there is something left.
 */
export function renewalTimer(renew: () => Promise<number | undefined>): RenewalTimer {
  let timer: NodeJS.Timeout | undefined
  let endsAt = 0
  let generation = 0
  const after = (ms: number): void => {
    clearTimeout(timer)
    // It keeps no process alive.
    timer = setTimeout(() => void run(generation), Math.min(Math.max(ms, minTimerMs), maxTimerMs)).unref()
  }
  const run = async (own: number): Promise<void> => {
    try {
      const seconds = await renew()
      if (own === generation && seconds !== undefined && seconds > 0) start(seconds)
    } catch {
      const left = endsAt - performance.now()
      if (own === generation && left > minTimerMs) after(left / 3)
    }
  }
  const start = (seconds: number): void => {
    generation += 1
    endsAt = performance.now() + seconds * 1_000
    after((seconds * 2_000) / 3)
  }
  return {
    start,
    stop() {
      generation += 1
      clearTimeout(timer)
    },
  }
}

/** Has Vault said no, so that asking again is of no use? */
export function isRefusal(error: unknown): boolean {
  return ConnectorError.is(error) && !error.transient && error.status !== undefined && error.status < 500
}
