import { z } from 'zod'

/** One statement with its values. */
export const statementInput = () =>
  z.strictObject({
    text: z.string().min(1).describe('One SQL statement; several in one text are refused.'),
    values: z
      .array(z.unknown())
      .default([])
      .describe(
        'Values of the placeholders (?), in their order. Always bound, never put into the text. Objects are JSON.',
      ),
  })
