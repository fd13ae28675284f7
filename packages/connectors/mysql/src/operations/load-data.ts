import { invalidInput, openBody, operation, schema } from '@casare/core'
import { body } from '@casare/core/zod'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { loadFailure } from '../errors.ts'
import { quote, quoteTable } from '../identifiers.ts'
import type { MysqlClient } from '../mysql-client.ts'
import type { ServerConnection, Times } from '../server/server-connection.ts'
import { literal } from '../values/literal.ts'

/** A packet has 16 MiB at most, and the server's max_allowed_packet may be lower. */
const pieceBytes = 262_144

/** Stores rows from bytes of any length. */
export const loadData = operation({
  description:
    'Stores the rows of a stream of bytes (text or CSV) by LOAD DATA: all of them, or none. Only this stream is ever sent, never a file of this machine.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      table: z.string().min(1).describe('Name of the table; of a transactional engine, as InnoDB is.'),
      schema: z.string().min(1).optional().describe('Its database. Default: that of the connection.'),
      columns: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe('Columns of the bytes. Default: all, in their order.'),
      format: z
        .enum(['text', 'csv'])
        .default('text')
        .describe(
          'text: columns end with a tab, \\N is NULL, and a backslash escapes (\\t, \\n, \\0, \\\\). csv: columns end with a comma and may stand in double quotes, which are doubled within; the bare word NULL is NULL.',
        ),
      header: z.boolean().default(false).describe('The first line has the names of the columns; it is passed over.'),
      delimiter: z
        .string()
        .length(1)
        .refine((text) => text.isWellFormed() && !/["\\\r\n]/.test(text), 'must be a character that means nothing else')
        .optional()
        .describe('Between columns: one character. Default: a tab with text, a comma with csv.'),
      lineEnd: z.enum(['\n', '\r\n']).default('\n').describe('What a row ends with.'),
      characterSet: z
        .enum(['utf8mb4', 'binary'])
        .default('utf8mb4')
        .describe('What the bytes are: texts in UTF-8, or bytes that are stored as they are.'),
      body: body('The rows.'),
    }),
  ),
  output: schema(() => z.object({ rows: z.number().int().describe('Rows stored.') })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { table, schema, columns, body: given, ...options }, context) {
    const opened = await openBody(given, context.fileRoots)
    const names = columns === undefined ? '' : ` (${columns.map(quote).join(', ')})`
    const text = `load data local infile 'the stream of this call' into table ${quoteTable(table, schema)} ${formatText(options)}${names}`
    return client.loading(context, async (connection) => {
      await unlimited(connection, context)
      const source = Readable.from(pieces(opened.stream()), { objectMode: false, highWaterMark: pieceBytes })
      const { changes, warnings } = await connection.load(text, source, context)
      if (warnings > 0) await refuseWarnings(connection, warnings, context)
      return { rows: changes }
    })
  },
})

/** https://dev.mysql.com/doc/refman/8.4/en/load-data.html#load-data-field-line-handling */
function formatText(options: {
  readonly format: 'text' | 'csv'
  readonly header: boolean
  readonly delimiter?: string | undefined
  readonly lineEnd: string
  readonly characterSet: string
}): string {
  const { format, header, delimiter, lineEnd, characterSet } = options
  const text = (value: string): string => literal(Buffer.from(value))
  const fields =
    format === 'csv'
      ? `fields terminated by ${text(delimiter ?? ',')} optionally enclosed by '"' escaped by ''`
      : `fields terminated by ${text(delimiter ?? '\t')} enclosed by '' escaped by ${text('\\')}`
  return `character set ${characterSet} ${fields} lines terminated by ${text(lineEnd)}${header ? ' ignore 1 lines' : ''}`
}

/** A load takes as long as its source does; and the first of many warnings is wanted, whatever comes after it. */
async function unlimited(connection: ServerConnection, times: Times): Promise<void> {
  await connection.text('set max_error_count = 65535', times)
  try {
    await connection.text('set max_statement_time = 0', times)
  } catch (error) {
    // MySQL has none for this, and rolls nothing back for it.
    if (times.signal.aborted || connection.isLost) throw error
  }
}

/** An empty piece would end the load before its end. */
async function* pieces(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const bytes of stream) {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < whole.length; at += pieceBytes) yield whole.subarray(at, at + pieceBytes)
  }
}

/** Notes are no failures: an INSERT has them, too, where it rounds a decimal. */
async function refuseWarnings(connection: ServerConnection, count: number, times: Times): Promise<void> {
  const { rows } = await connection.text('show warnings', times)
  const notes = rows.filter(({ Level }) => Level === 'Note').length
  const [first] = rows.filter(({ Level }) => Level !== 'Note')
  if (first !== undefined)
    throw loadFailure({ code: Number(first['Code']), message: String(first['Message']) }, rows.length - notes)
  if (count > rows.length)
    throw invalidInput('MySQL: there were more warnings than the server tells, so nothing was loaded.')
}
