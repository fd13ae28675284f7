import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { PostgresqlClient } from '../postgresql-client.ts'
import { changesOf } from './execute.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

/** Runs several statements in one transaction. */
export const batch = operation({
  description: 'Runs several statements in one transaction and one round trip: all of them, or none.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ statements: z.array(statementInput()).min(1).max(10_000) })),
  output: schema(() => z.object({ results: z.array(z.object({ changes: z.number().int() })) })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: PostgresqlClient, { statements }, context) {
    const steps = statements.map(({ text, values }, index) => ({
      ...toStep(text, values),
      label: `statements[${index}]`,
    }))
    return { results: (await client.run(steps, context)).map(changesOf) }
  },
})
