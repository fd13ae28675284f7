import { refuse } from '../refusals.ts'
import type { ReadyOptions } from '../options.ts'

/** SAML's times are UTC (saml-core-2.0-os, 1.3.3). */
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|\+00:00)$/

/** A time in milliseconds since 1970. @throws `unauthenticated` for what is none */
export function timeOf(text: string | undefined): number {
  const time = text !== undefined && instant.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw refuse('malformed')
  return time
}

/** Refuses what is not valid yet or no more, clocks considered. */
export function assertValidity(
  { notBefore, notOnOrAfter }: { readonly notBefore: string | undefined; readonly notOnOrAfter: string | undefined },
  { now, clockSkewMs }: Pick<ReadyOptions, 'now' | 'clockSkewMs'>,
): void {
  if (notBefore !== undefined && now() + clockSkewMs < timeOf(notBefore)) throw refuse('not_yet_valid')
  if (notOnOrAfter !== undefined && now() - clockSkewMs >= timeOf(notOnOrAfter)) throw refuse('expired')
}
