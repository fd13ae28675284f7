import { basename } from 'node:path'
import { ConnectorError } from '@casare/core'
import type { Flow } from '@casare/flow'
import { placed } from './project.ts'

/** A failure of a running flow with its place in the file: the end that failed, else the file itself. */
export function placedInFlow({ definition, source }: Flow, error: unknown): unknown {
  if (!ConnectorError.is(error) || source.file === undefined) return error
  const file = basename(source.file)
  if (error.message.startsWith(`${file}:`)) return error
  const { read, listen, write } = definition
  const from = (read ?? listen)?.from ?? ''
  const kind = read === undefined ? 'listen' : 'read'
  const ends: readonly { readonly operation: string; readonly connection: string; readonly path: readonly string[] }[] =
    [
      { operation: `${streamOf(from)}.${kind}`, connection: connectionOf(from), path: [kind, 'from'] },
      { operation: `${streamOf(write.to)}.write`, connection: connectionOf(write.to), path: ['write', 'to'] },
    ]
  const connectorOf = (name: string): unknown => (definition.connections[name] as { connector?: unknown }).connector
  const failed = ends.filter(({ connection }) => connectorOf(connection) === error.connector)
  const end = failed.find(({ operation }) => operation === error.operation)
  // A dial belongs to the connection; where both ends are of one connector, it cannot be told which it was.
  const path = end?.path ?? (failed.length === 1 ? ['connections', failed[0]?.connection ?? ''] : [])
  return ConnectorError.with(error, {}, { message: placed({ file, lineOf: source.lineOf }, path, error.message) })
}

function connectionOf(reference: string): string {
  return reference.split('.')[0] ?? ''
}

function streamOf(reference: string): string {
  return reference.split('.')[1] ?? ''
}
