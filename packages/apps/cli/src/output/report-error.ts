import { inspect } from 'node:util'
import { ConnectorError, type ConnectorErrorJson, type Redactor } from '@casare/core'
import { CallFailure } from '../call-failure.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

/**
 * Says what went wrong: one message and, where a system was involved, one line of facts. No stack unless `verbose`; known
 * secrets are replaced. With `--json` the error is also the document on standard output.
 * @returns the exit code that belongs to it.
 */
export function reportError(
  error: unknown,
  terminal: Terminal,
  options: { readonly verbose: boolean; readonly redactor: Redactor; readonly help: string },
): ExitCode {
  const clean = (text: string): string => printable(options.redactor.text(text), 'lines')
  const facts = factsOf(error)
  terminal.note(`${terminal.style('red', 'Error:')} ${clean(facts?.message ?? messageOf(error))}`)
  const line = facts === undefined ? '' : factsLine(facts)
  if (line !== '') terminal.note(terminal.style('dim', `  ${clean(line)}`))
  if (error instanceof UsageError && error.cause === undefined && options.help !== '')
    terminal.note(terminal.style('dim', `  ${options.help}`))
  if (options.verbose) terminal.note(clean(inspect(error, { depth: 4 })))
  else if (facts === undefined && !(error instanceof UsageError))
    terminal.note('  This should not have happened. Run it again with --verbose and report what it shows.')
  if (error instanceof CallFailure && error.output !== undefined) terminal.data(error.output)
  else if (terminal.json)
    terminal.data({
      error: JSON.parse(
        options.redactor.text(JSON.stringify(facts ?? { code: codeOf(error), message: messageOf(error) })),
      ) as unknown,
    })
  return exitCodeOf(error, facts)
}

function factsOf(error: unknown): ConnectorErrorJson | undefined {
  if (error instanceof CallFailure) return error.error
  return ConnectorError.is(error) ? error.toJSON() : undefined
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string {
  return error instanceof UsageError ? 'invalid_input' : 'internal'
}

function exitCodeOf(error: unknown, facts: ConnectorErrorJson | undefined): ExitCode {
  if (error instanceof UsageError || facts?.code === 'invalid_input') return exitCodes.badInput
  return facts?.code === 'cancelled' ? exitCodes.stopped : exitCodes.failure
}

/** `rest.get · rate_limited · status 429 · 3 attempts · may have taken effect` */
function factsLine(facts: ConnectorErrorJson): string {
  const { connector, operation, code, status, vendorCode, requestId, attempts = 0, applied, retryAfterMs } = facts
  if (connector === undefined) return ''
  const parts = [
    `${connector}.${operation ?? '?'}`,
    code,
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(vendorCode === undefined ? [] : [vendorCode]),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(retryAfterMs === undefined ? [] : [`again in ${Math.ceil(retryAfterMs / 1000)} s`]),
    ...(applied === 'maybe' ? ['it may have taken effect'] : applied === 'yes' ? ['it has taken effect'] : []),
  ]
  return parts.join(' · ')
}
