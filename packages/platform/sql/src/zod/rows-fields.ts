import { z } from 'zod'

const defaultPageSize = 1_000
const maxPageSize = 100_000

const columnNames = () => z.array(z.string().min(1)).min(1)

/** A value as JSON, with what JSON has no word for tagged: 64-bit integers and bytes. */
export const taggedValue = () =>
  z.union([
    z.null(),
    z.number(),
    z.string(),
    z.strictObject({ $bigint: z.string().regex(/^-?\d{1,20}$/) }),
    z.strictObject({ $bytes: z.string() }),
  ])

/** Where a read of rows stopped. */
export const rowsCursor = <Value extends z.ZodType>(value: Value, description: string) =>
  z.strictObject({
    after: z.array(value).describe(description),
    end: z.boolean().optional().describe('The read had reached the end of the table.'),
  })

/** The name of a table. */
export const namedTable = () => z.string().min(1).describe('Name of the table or view.')

/** Fields of `rows.read` beside the name of the table. */
export const readFields = <Value extends z.ZodType>(value: Value) => ({
  columns: columnNames().optional().describe('Columns wanted. Default: all.'),
  by: z.string().min(1).optional().describe('A column that grows: updated_at, id. Default: the key of the table.'),
  where: z.record(z.string(), value).optional().describe('Only rows with these values.'),
  pageSize: z.number().int().min(1).max(maxPageSize).default(defaultPageSize).describe('Rows per page.'),
})

/** Fields of `rows.write` beside the name of the table. */
export const writeFields = () => ({
  key: columnNames().optional().describe('Columns that tell rows apart; they need a unique index.'),
  onConflict: z
    .enum(['update', 'ignore', 'fail'])
    .default('update')
    .describe('What to do with a row whose key is there.'),
})
