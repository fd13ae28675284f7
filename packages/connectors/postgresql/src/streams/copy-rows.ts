import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Backend, Times } from '../backend/backend.ts'
import { quote, quoteTable } from '../identifiers.ts'
import { parameterText, type Parameter } from '../values/to-parameter.ts'
import type { InsertTarget } from './insert-text.ts'

/** Characters of text put together before they are sent. */
const chunkLength = 65_536

/** Stores rows by COPY (https://www.postgresql.org/docs/current/sql-copy.html): all of them, or none. */
export async function copyRows(
  backend: Backend,
  { table, columns }: InsertTarget,
  rows: readonly (readonly Parameter[])[],
  times: Times,
): Promise<void> {
  const { from } = await import('pg-copy-streams')
  const names = columns.map(({ name }) => quote(name)).join(', ')
  const text = `copy ${quoteTable(table.name, table.schema)} (${names}) from stdin`
  await backend.use(times, async (client) => {
    await pipeline(Readable.from(chunksOf(rows), { objectMode: false }), client.query(from(text)))
  })
}

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
function* chunksOf(rows: readonly (readonly Parameter[])[]): Generator<Buffer> {
  let chunk = ''
  for (const row of rows) {
    let line = ''
    for (const [index, parameter] of row.entries()) {
      if (index > 0) line += '\t'
      const text = parameterText(parameter)
      line += text === null ? '\\N' : special.test(text) ? text.replace(specials, escaped) : text
    }
    chunk += `${line}\n`
    if (chunk.length >= chunkLength) {
      yield Buffer.from(chunk)
      chunk = ''
    }
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

const special = /[\\\n\r\t]/
const specials = /[\\\n\r\t]/g
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = (sign: string): string => escapes[sign] ?? sign
