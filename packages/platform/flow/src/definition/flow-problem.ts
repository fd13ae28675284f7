import { ConnectorError } from '@casare/core'
import { basename } from 'node:path'
import type { FlowSource } from './flow-definition.ts'

/** A path as people write it: `connections.api.config`, `fields[0]`. */
export function pathText(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('')
}

/** An error in a flow: `flights.yaml:12: read.from: what is wrong and what to do`. */
export function flowProblem(
  source: FlowSource,
  path: readonly (string | number)[],
  message: string,
  cause?: unknown,
): ConnectorError {
  const line = source.lineOf(path)
  const where = source.file === undefined ? 'flow' : `${basename(source.file)}${line === undefined ? '' : `:${line}`}`
  const field = path.length === 0 ? '' : ` ${pathText(path)}:`
  return new ConnectorError({ code: 'invalid_input', message: `${where}:${field} ${message}`, cause })
}
