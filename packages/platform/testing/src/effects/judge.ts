import { ConnectorError } from '@casare/core'
import { ensure } from '../checks/check.ts'

/** How a call ended: with a value, or with an error. */
export type Ending = { readonly value: unknown } | { readonly error: unknown }

/** Waits for the end of a call. */
export function endingOf(call: Promise<unknown>): Promise<Ending> {
  return call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

/**
 * Holds what a call said of itself against what its peer counted.
 * @throws Error for a doubled or lost effect, and for an ending that says what is not so.
 */
export function judge(what: string, ending: Ending, applied: number, unsafe: boolean): void {
  ensure(applied <= 1, `${what}: the effect is there ${applied} times`)
  if ('value' in ending) {
    ensure(applied === 1, `${what}: it succeeded, and its effect is not there`)
    return
  }
  const { error } = ending
  if (!ConnectorError.is(error)) throw new Error(`${what}: not a ConnectorError, but ${String(error)}`)
  const says = `${error.code}, applied ${error.applied}: ${error.message}`
  if (error.applied === 'no') ensure(applied === 0, `${what}: the effect is there, and the error denies it (${says})`)
  if (error.applied === 'yes')
    ensure(applied === 1, `${what}: the effect is not there, and the error claims it (${says})`)
  if (error.applied === 'maybe' && unsafe)
    ensure(
      error.code === 'outcome_unknown' || error.code === 'cancelled',
      `${what}: nobody can tell, and the error does not say so (${says})`,
    )
  if (error.code === 'outcome_unknown') ensure(!error.retryable, `${what}: outcome_unknown must not be retryable`)
  if (unsafe && error.retryable)
    ensure(error.applied === 'no', `${what}: retryable although it may have happened (${says})`)
}
