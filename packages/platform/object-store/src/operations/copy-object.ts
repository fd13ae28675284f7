import { operation, schema, type ErrorCode, type VendorType } from '@casare/core'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { addressFields, attributeFields, preconditionFields, storedFields, versionField } from '../fields.ts'

const input = schema(() =>
  z.strictObject({
    ...addressFields(),
    source: z
      .strictObject({
        ...addressFields(),
        version: versionField(),
        ifMatch: z
          .string()
          .regex(/^[\x21-\x7e]{1,1024}$/)
          .optional()
          .describe('Only the source with this etag; else "conflict".'),
      })
      .describe('What is copied.'),
    ...preconditionFields(),
    attributes: z
      .strictObject(attributeFields())
      .optional()
      .describe("In place of all of the source's. Default: the source's."),
  }),
)
const output = schema(() => z.object(storedFields()))
const errors: ErrorCode[] = ['not_found', 'permission_denied', 'conflict']

/** Copies an object within the store; no byte comes here. Onto itself with new attributes, it changes these. */
export function copyObjectOperation<Client, Vendor = undefined>(
  driver: ObjectDriver<Client>,
  vendor?: VendorType<Vendor>,
) {
  return operation({
    description: 'Copies an object within the store, on its side; onto itself it changes the attributes.',
    effect: 'idempotent',
    input,
    output,
    errors,
    vendor,
    run: (client: Client, request, context) => driver.copy(client, request, context),
  })
}
