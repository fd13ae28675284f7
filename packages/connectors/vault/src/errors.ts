import type { ErrorCode } from '@casare/core'
import type { ErrorAnswer, ErrorReading } from '@casare/http'

type Row = readonly [status: number, text: RegExp, code: ErrorCode, vendorCode: string, advice?: string]

/**
 * What Vault says in words only (https://developer.hashicorp.com/vault/api-docs#http-status-codes): one status has several
 * meanings, and the texts tell them apart. All of these answers prove that nothing was done.
 */
const table: readonly Row[] = [
  [
    400,
    /check-and-set parameter did not match/,
    'conflict',
    'cas_mismatch',
    'Read the secret again, and write with its version.',
  ],
  [
    400,
    /check-and-set parameter required/,
    'invalid_input',
    'cas_required',
    'Give cas: the version that you have read, 0 for a new secret.',
  ],
  [
    400,
    /invalid (?:role or secret ID|secret_id|role_id)|missing (?:role_id|secret_id)/,
    'unauthenticated',
    'invalid_credentials',
  ],
  [400, /lease (?:not found|expired)|invalid lease/, 'not_found', 'lease_not_found'],
  [400, /lease is not renewable|past the max TTL/, 'conflict', 'not_renewable'],
  [400, /unknown role/, 'not_found', 'unknown_role'],
  // https://developer.hashicorp.com/vault/docs/concepts/tokens#error-responses; releases before https://github.com/hashicorp/vault/pull/25953 (2024) say the first half only.
  [403, /invalid token|bad token/, 'unauthenticated', 'invalid_token', 'The token is wrong, revoked or over.'],
  [403, /namespaces feature not enabled/, 'unsupported', 'no_namespaces'],
  [403, /(?:)/, 'permission_denied', 'permission_denied'],
  [412, /(?:)/, 'unavailable', 'state_not_present', 'This node has not caught up yet.'],
  [429, /(?:)/, 'rate_limited', 'quota_exceeded'],
  [472, /(?:)/, 'unavailable', 'dr_secondary', 'This node is a disaster recovery secondary.'],
  [473, /(?:)/, 'unavailable', 'performance_standby', 'This node is a performance standby.'],
  [
    500,
    /active cluster node not found|Vault is in standby/,
    'unavailable',
    'standby',
    'This node is a standby, and there is no active one.',
  ],
  [503, /sealed/i, 'unavailable', 'sealed', 'It has to be unsealed by an operator.'],
]

/** Vault's own reading of its error answers, for the HTTP client. */
export function readError({ status, body }: ErrorAnswer): ErrorReading | undefined {
  const said = textOf(body)
  if (status === 404) return { ...notFound(body, said), applied: 'no' }
  const row = table.find(([one, text]) => one === status && text.test(said))
  if (row === undefined) return said === '' ? undefined : { message: said }
  const [, , code, vendorCode, advice = ''] = row
  const transient = code === 'unavailable' || code === 'rate_limited'
  const message = [said.replace(/\.?$/, advice === '' || said === '' ? '' : '.'), advice]
    .filter((part) => part !== '')
    .join(' ')
  return { code, vendorCode, applied: 'no', transient, ...(message === '' ? {} : { message }) }
}

/** `{ "errors": ["2 errors occurred:\n\t* one\n\t* two\n\n"] }` as one line, warnings included. */
function textOf(body: unknown): string {
  const { errors, warnings } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const texts = [errors, warnings].flatMap((list) => (Array.isArray(list) ? list.map(String) : []))
  return texts
    .map((text) =>
      text
        .replace(/^\d+ errors? occurred:\s*/, '')
        .replace(/\s*\n\s*\*\s*/g, ', ')
        .replace(/^\*\s*/, ''),
    )
    .join('; ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A version that is deleted answers 404 with its metadata. */
function metadataIn(body: unknown): { readonly deletion_time?: string; readonly destroyed?: boolean } | undefined {
  const { data } = (typeof body === 'object' && body !== null ? body : {}) as { data?: unknown }
  if (typeof data !== 'object' || data === null) return undefined
  const { metadata = data } = data as { metadata?: unknown }
  return typeof metadata === 'object' && metadata !== null ? metadata : undefined
}

/** Nothing at all, a version that is gone, or a mount that is not there. */
function notFound(body: unknown, said: string): { readonly vendorCode: string; readonly message: string } {
  const metadata = metadataIn(body)
  if (metadata?.destroyed === true) return { vendorCode: 'destroyed', message: 'this version is destroyed, for good' }
  if (metadata !== undefined) {
    const when = metadata.deletion_time ?? 'an unknown time'
    return { vendorCode: 'deleted', message: `this version was deleted at ${when}; undeleteSecret brings it back` }
  }
  if (said === '') return { vendorCode: nothingThere, message: 'there is nothing at this path' }
  return { vendorCode: 'no_such_path', message: said }
}

/** A 404 without a word. */
export const nothingThere = 'nothing_there'
