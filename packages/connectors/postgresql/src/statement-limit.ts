import type { Step } from './backend/statement.ts'
import { plain } from './postgresql-client.ts'

/**
 * The server's own limit for a statement that has this much time, in milliseconds; 0 for none. It is a net for the case
 * that we can no longer ask the server to stop, so it is coarse: a limit that stays the same need not be sent again.
 */
export function limitFor(remainingMs: number | undefined): number {
  if (remainingMs === undefined) return 0
  return 2 ** Math.ceil(Math.log2(Math.max(remainingMs, 1_000)))
}

/** https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT */
export function limitStep(limitMs: number, scope: 'session' | 'transaction'): Step {
  return plain(`set ${scope === 'transaction' ? 'local ' : ''}statement_timeout = ${limitMs}`)
}

/** Can it run in one transaction with another statement? VACUUM and its like cannot. */
export function canFollow({ text }: Step): boolean {
  return /^\s*(select|insert|update|delete|with|merge|values|table)\b/i.test(text)
}

/** Does it begin as a query does, so that it can neither change the session nor begin a transaction? */
export function onlyReads({ text }: Step): boolean {
  return /^\s*(select|with|values|table)\b/i.test(text)
}
