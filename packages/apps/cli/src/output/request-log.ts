import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { CallEvent, OperationalEvent, Redactor, RequestLogLine } from '@casare/core'
import { printable } from './printable.ts'
import type { Terminal } from './terminal.ts'

/** What `--log` shows on standard error: nothing, a line per attempt, or also calls and events of the connections. */
export type LogLevel = 'off' | 'requests' | 'debug'

/** The request log of a command. */
export interface RequestLog {
  /** For the `log` of connections and flows; `undefined` where nothing is shown. */
  readonly line: ((line: RequestLogLine) => void) | undefined
  release(): void
}

/** Lines for people, or JSON lines with `--json`. Never bodies, never secrets. */
export function requestLog(terminal: Terminal, level: LogLevel, redactor: Redactor): RequestLog {
  if (level === 'off') return { line: undefined, release: () => undefined }
  const show = (kind: string, data: object, text: string): void =>
    terminal.note(redactor.text(terminal.json ? JSON.stringify({ kind, ...data }) : printable(text)))
  const line = (attempt: RequestLogLine): void => show('request', attempt, requestText(attempt))
  if (level === 'requests') return { line, release: () => undefined }
  const callEnd = (message: unknown): void => {
    const { connector, operation, durationMs = 0, attempts = 0, error } = message as CallEvent
    const code = (error as { code?: string } | undefined)?.code
    const text = `${stamp()} ${connector}.${operation} ended after ${durationMs.toFixed(1)} ms, ${attempts} attempts${code === undefined ? '' : `, ${code}`}`
    show('call', { connector, operation, durationMs, attempts, code }, text)
  }
  const event = (message: unknown): void => {
    const { connector, name, detail } = message as OperationalEvent
    show('event', { connector, name, detail }, `${stamp()} ${connector}: ${name} ${JSON.stringify(detail)}`)
  }
  subscribe('casare:call:end', callEnd)
  subscribe('casare:event', event)
  return {
    line,
    release() {
      unsubscribe('casare:call:end', callEnd)
      unsubscribe('casare:event', event)
    },
  }
}

function requestText(line: RequestLogLine): string {
  const { connector, operation, attempt, durationMs, outcome, code, method, host, path, status, requestId } = line
  const wire = [method, host === undefined ? path : `${host}${path ?? ''}`, status].filter((part) => part !== undefined)
  const parts = [
    `${connector}.${operation}`,
    ...wire,
    outcome === 'ok' ? 'ok' : (code ?? 'error'),
    `${durationMs.toFixed(1)} ms`,
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(requestId === undefined ? [] : [`request ${requestId}`]),
  ]
  return `${stamp()} ${parts.join(' ')}`
}

function stamp(): string {
  return new Date().toISOString().slice(11, 23)
}
