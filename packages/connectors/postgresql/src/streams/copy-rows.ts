import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { WriteFailure } from '@casare/core'
import type { Fields, RecordGroup } from '@casare/sql'
import type { Backend, Times } from '../backend/backend.ts'
import { quote, quoteTable } from '../identifiers.ts'
import type { Column } from '../table.ts'
import { columnParameter, parameterText } from '../values/to-parameter.ts'
import type { InsertTarget } from './insert-text.ts'

/** Characters of text put together before they are sent. */
const chunkLength = 65_536

/**
 * Stores rows by COPY (https://www.postgresql.org/docs/current/sql-copy.html): all of them, or none. Records that cannot be
 * sent are left out and are failures. The text is made while the server stores what came before.
 */
export async function copyRows(
  backend: Backend,
  { table, columns }: InsertTarget,
  group: RecordGroup,
  times: Times,
  failures: WriteFailure[],
): Promise<void> {
  const { from } = await import('pg-copy-streams')
  const names = columns.map(({ name }) => quote(name)).join(', ')
  const text = `copy ${quoteTable(table.name, table.schema)} (${names}) from stdin`
  await backend.use(times, async (client) => {
    const chunks = chunksOf(group, columns, failures)
    await pipeline(Readable.from(chunks, { objectMode: false }), client.query(from(text)))
  })
}

function* chunksOf(group: RecordGroup, columns: readonly Column[], failures: WriteFailure[]): Generator<Buffer> {
  const { records, places } = group
  let chunk = ''
  for (let index = 0; index < records.length; index += 1) {
    try {
      chunk += lineOf(records[index] as Fields, columns)
    } catch (error) {
      failures.push({ index: places[index] ?? 0, error })
    }
    if (chunk.length >= chunkLength) {
      yield Buffer.from(chunk)
      chunk = ''
    }
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

function lineOf(record: Fields, columns: readonly Column[]): string {
  let line = ''
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index] as Column
    if (index > 0) line += '\t'
    line += copyText(column, record[column.name])
  }
  return `${line}\n`
}

/** A value in COPY's text format (https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2). */
function copyText(column: Column, value: unknown): string {
  if (typeof value === 'string' && !special.test(value)) return value
  if (typeof value === 'number' && value !== 0) return String(value)
  const text = parameterText(columnParameter(column, value))
  return text === null ? '\\N' : text.replace(escapable, escaped)
}

/** Needs an escape, or may be what cannot be stored. */
const special = /[\0\t\n\r\\\ud800-\udfff]/
const escapable = /[\t\n\r\\]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = (sign: string): string => escapes[sign] ?? sign
