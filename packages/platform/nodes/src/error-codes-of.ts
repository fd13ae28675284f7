import { errorCodes, type Effect, type ErrorCode } from '@casare/core'

/** What any call can come to, whatever it calls. */
const common: readonly ErrorCode[] = [
  'invalid_input',
  'unauthenticated',
  'permission_denied',
  'rate_limited',
  'timeout',
  'unavailable',
  'cancelled',
  'unsupported',
  'internal',
]

/** The codes of a node: those it declares and those of any call; an effect that must not be repeated can end unknown. */
export function errorCodesOf(declared: readonly ErrorCode[], effect: Effect): ErrorCode[] {
  const possible = new Set<ErrorCode>([...common, ...declared])
  if (effect === 'keyed' || effect === 'unsafe') possible.add('outcome_unknown')
  return errorCodes.filter((code) => possible.has(code))
}
