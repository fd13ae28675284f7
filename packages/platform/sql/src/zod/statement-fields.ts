import { z } from 'zod'

/**
 * One statement with its values.
 * @param placeholders how its placeholders are written, for the description: `$1, $2 and so on`
 * @param more what else there is to say of values
 */
export const statementInput = (placeholders: string, more: string) =>
  z.strictObject({
    text: z.string().min(1).describe('One SQL statement; several in one text are refused.'),
    values: z
      .array(z.unknown())
      .default([])
      .describe(`Values of ${placeholders}. Always bound, never put into the text. ${more}`),
  })

/** A row: names of columns to values. */
export const row = () => z.record(z.string(), z.unknown()).describe('Column names to values.')

/** What a query gives. */
export const queryOutput = () => z.object({ rows: z.array(row()) })
