import { z } from 'zod'

/** One statement with its values. */
export const statementInput = () =>
  z.strictObject({
    text: z.string().min(1).describe('One SQL statement; several in one text are refused.'),
    values: z
      .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
      .default([])
      .describe(
        'Values of the placeholders: a list for ?, an object for :name. Always bound, never put into the text.',
      ),
  })
