import { hostname, userInfo } from 'node:os'
import { resolve } from 'node:path'
import { ConnectorError } from '@casare/core'
import type { AuditEvent, AuditLog } from '@casare/secrets'
import type { Command } from './commands/command.ts'
import { exitCodes, type ExitCode } from './exit-codes.ts'
import type { Host } from './host.ts'

/** Where is written who did what, below the working folder. */
export const auditFile = '.casare/audit.jsonl'

/** The audit log of the working folder. */
export async function openAuditLog({ folder }: Pick<Host, 'folder'>): Promise<AuditLog> {
  const { AuditLog } = await import('@casare/secrets')
  return new AuditLog(resolve(folder, auditFile))
}

/**
 * Runs a command, and where it is one that is audited, writes down that it began and how it ended. What cannot be written down is
 * not done.
 */
export async function audited(
  command: Command,
  positionals: readonly string[],
  host: Host,
  run: () => Promise<ExitCode>,
): Promise<ExitCode> {
  if (command.audit === undefined) return run()
  const log = await openAuditLog(host)
  const event = { actor: actor(), action: command.name, subject: command.audit(positionals).slice(0, 256) }
  const append = (outcome: AuditEvent['outcome'], detail?: AuditEvent['detail']): Promise<unknown> =>
    log.append({ ...event, outcome, ...(detail === undefined ? {} : { detail }) })
  await append('begun')
  try {
    const code = await run()
    await append(code === exitCodes.ok ? 'done' : 'failed', code === exitCodes.ok ? undefined : { exitCode: code })
    return code
  } catch (error) {
    await append('failed', { code: ConnectorError.is(error) ? error.code : 'error' })
    throw error
  }
}

function actor(): string {
  let name = 'unknown'
  try {
    name = userInfo().username
  } catch {
    // An account without an entry in the system's list.
  }
  return `${name}@${hostname()}`
}
