import type { LogConfig, RequestLogLine } from '../contract/uniform-config.ts'

export type RequestLogger = (line: RequestLogLine) => void

/** The request log of a connection: a function of the user's, or JSON lines on standard error. */
export function requestLogger(log: Exclude<LogConfig, false>): RequestLogger {
  if (typeof log === 'function') return log
  return (line) => void process.stderr.write(`${JSON.stringify(line)}\n`)
}
