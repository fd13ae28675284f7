/**
 * The closed set of error codes, shared by every connector.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid_input` | the request is wrong and will be wrong again; the message names the field |
 * | `unauthenticated` | no, wrong or expired credentials (HTTP 401) |
 * | `permission_denied` | known, but not allowed (HTTP 403) |
 * | `not_found` | the thing named is not there |
 * | `already_exists` | the thing to create is there already |
 * | `conflict` | the state of the thing does not allow it (precondition, serialization failure, lock) |
 * | `rate_limited` | the system or a limit of our own asks to slow down |
 * | `timeout` | no answer within the time allowed |
 * | `unavailable` | not reachable, or not able to serve now |
 * | `cancelled` | the caller's signal was aborted, or the connection was closed |
 * | `unsupported` | the connector or system has no such capability |
 * | `outcome_unknown` | the effect may have happened, and nobody can tell |
 * | `internal` | a defect: ours, the driver's or the system's |
 */
export type ErrorCode = (typeof errorCodes)[number]

/** Every error code, in the order of the table above. */
export const errorCodes = [
  'invalid_input',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'already_exists',
  'conflict',
  'rate_limited',
  'timeout',
  'unavailable',
  'cancelled',
  'unsupported',
  'outcome_unknown',
  'internal',
] as const

/** May the effect have happened? `no`: never sent, or proven refused. `maybe`: nobody can tell. `yes`: it has. */
export type Applied = 'no' | 'maybe' | 'yes'

/** What a code says about `applied` and transience where the connector states neither. */
export const codeDefaults: Readonly<Record<ErrorCode, { applied: Applied; transient: boolean }>> = {
  invalid_input: { applied: 'no', transient: false },
  unauthenticated: { applied: 'no', transient: false },
  permission_denied: { applied: 'no', transient: false },
  not_found: { applied: 'no', transient: false },
  already_exists: { applied: 'no', transient: false },
  conflict: { applied: 'no', transient: false },
  rate_limited: { applied: 'no', transient: true },
  timeout: { applied: 'maybe', transient: true },
  unavailable: { applied: 'maybe', transient: true },
  cancelled: { applied: 'maybe', transient: false },
  unsupported: { applied: 'no', transient: false },
  outcome_unknown: { applied: 'maybe', transient: false },
  internal: { applied: 'maybe', transient: false },
}
