import { int64 } from '@casare/core/zod'
import { z } from 'zod'

/** What a statement that changes rows gives. */
export const executeOutput = () =>
  z.object({
    changes: z
      .number()
      .int()
      .describe('Rows inserted, found by an update, or deleted; an upsert that updates counts 2.'),
    lastInsertId: int64('The first key that was generated; 0 where there is none.'),
  })
