import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { MysqlClient } from '../mysql-client.ts'
import { controlsTransaction } from '../sql-text.ts'
import { controlRefused } from '../transaction-client.ts'
import { executeOutput } from './execute-output.ts'
import { statementInput } from './statement-input.ts'
import { toStep } from './to-step.ts'

/** Runs several statements in one transaction. */
export const batch = operation({
  description: 'Runs several statements in one transaction: all of them, or none.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ statements: z.array(statementInput()).min(1).max(10_000) })),
  output: schema(() => z.object({ results: z.array(executeOutput()) })),
  errors: ['invalid_input', 'not_found', 'already_exists', 'conflict'],
  async run(client: MysqlClient, { statements }, context) {
    const steps = statements.map(({ text, values }, index) => {
      if (controlsTransaction(text)) throw controlRefused()
      return { ...toStep(text, values), label: `statements[${index}]` }
    })
    const results = await client.atomically(context, async (connection) => {
      const done: { changes: number; lastInsertId: bigint }[] = []
      for (const step of steps) {
        const { changes, lastInsertId } = await connection.run(step, context)
        done.push({ changes, lastInsertId })
      }
      return done
    })
    return { results }
  },
})
