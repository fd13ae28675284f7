import { operation, schema, type ErrorCode } from '@casare/core'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { addressFields, infoFields, versionField } from '../fields.ts'

const input = schema(() => z.strictObject({ ...addressFields(), version: versionField() }))
const output = schema(() => z.object(infoFields()))
const errors: ErrorCode[] = ['not_found', 'permission_denied']

/** Describes an object: size, etag, time, attributes and sums. */
export function headObjectOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Describes an object without its bytes: size, etag, time, attributes, sums.',
    effect: 'read',
    input,
    output,
    errors,
    run: (client: Client, request, context) => driver.head(client, request, context),
  })
}
