import { operation, schema, type ErrorCode } from '@casare/core'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { addressFields } from '../fields.ts'

const input = schema(() =>
  z.strictObject({
    ...addressFields(),
    version: z.string().min(1).optional().describe('This version only.'),
    ifMatch: z
      .string()
      .regex(/^[\x21-\x7e]{1,1024}$/)
      .optional()
      .describe('Only the object with this etag; else "conflict".'),
  }),
)
const output = schema(() => z.object({}))
const errors: ErrorCode[] = ['permission_denied', 'not_found']

/** Deletes an object; one that is not there is no failure, a bucket that is not there is one. */
export function deleteObjectOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Deletes an object; one that is not there is no failure.',
    effect: 'idempotent',
    input,
    output,
    errors,
    async run(client: Client, request, context) {
      await driver.delete(client, request, context)
      return {}
    },
  })
}
