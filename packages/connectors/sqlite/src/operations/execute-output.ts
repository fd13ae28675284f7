import { withJsonSchema } from '@casare/core/zod'
import { z } from 'zod'

/** What a statement that changes rows gives. */
export const executeOutput = () =>
  z.object({
    changes: z.number().int().describe('Rows inserted, changed or deleted.'),
    lastInsertId: withJsonSchema(z.union([z.number(), z.bigint()]), {
      description: 'The rowid inserted last by this connection; 0 where there is none.',
      anyOf: [
        { type: 'integer' },
        { type: 'object', properties: { $bigint: { type: 'string' } }, required: ['$bigint'] },
      ],
    }),
  })
