import { operation, schema, type ErrorCode, type VendorType } from '@casare/core'
import { bytes } from '@casare/core/zod'
import { z } from 'zod'
import { resumedBody } from '../download/resumed-body.ts'
import type { ObjectDriver } from '../driver.ts'
import { addressFields, infoFields, versionField } from '../fields.ts'

const input = schema(() =>
  z.strictObject({
    ...addressFields(),
    version: versionField(),
    range: z
      .strictObject({
        offset: z.number().int().min(0).describe('The first byte, from 0.'),
        length: z.number().int().min(1).optional().describe('Bytes. Default: to the end.'),
      })
      .optional()
      .describe('Only these bytes.'),
    ifMatch: z
      .string()
      .regex(/^[\x21-\x7e]{1,1024}$/)
      .optional()
      .describe('Only the object with this etag; else "conflict".'),
  }),
)
const output = schema(() =>
  z.object({
    ...infoFields(),
    offset: z.number().int().describe('Where in the object the body begins.'),
    length: z.number().int().describe('Bytes of the body.'),
    body: bytes('The bytes; a broken connection is resumed, the sum is checked at the end of a whole object.'),
  }),
)
const errors: ErrorCode[] = ['not_found', 'permission_denied', 'conflict', 'invalid_input']

/** Opens an object, or a range of it, as a stream that goes on by itself where the connection breaks. */
export function getObjectOperation<Client, Vendor = undefined>(
  driver: ObjectDriver<Client>,
  vendor?: VendorType<Vendor>,
) {
  return operation({
    description: 'Gives the bytes of an object, or of a range of it, as a stream.',
    effect: 'read',
    input,
    output,
    errors,
    vendor,
    async run(client: Client, { bucket, key, version, range, ifMatch }, context) {
      const address = { bucket, key, version }
      const opened = await driver.get(client, { ...address, range, ifMatch }, context)
      const { info, offset, length } = opened
      return { ...info, offset, length, body: resumedBody(driver, client, address, opened, context) }
    },
  })
}
