import { operation, schema, type ConnectorErrorJson, type ErrorCode } from '@casare/core'
import { z } from 'zod'
import type { DeleteFailure, ObjectDriver } from '../driver.ts'
import { bucketField, keyField } from '../fields.ts'
import { explained } from '../repeat.ts'

const input = schema(() =>
  z.strictObject({
    bucket: bucketField(),
    keys: z.array(keyField()).min(1).max(10_000).describe('Up to 10,000 keys.'),
  }),
)
const output = schema(() =>
  z.object({
    deleted: z.number().int().describe('Objects that are not there any more.'),
    failed: z.array(z.object({ key: z.string(), error: z.looseObject({ code: z.string(), message: z.string() }) })),
  }),
)
const errors: ErrorCode[] = ['not_found']

/** Deletes many objects and tells of each that could not be deleted. */
export function deleteObjectsOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Deletes many objects and answers with those that could not be deleted.',
    effect: 'idempotent',
    input,
    output,
    errors,
    async run(client: Client, { bucket, keys }, context) {
      const failed: DeleteFailure[] = []
      const size = driver.limits.maxDeleteKeys
      for (let from = 0; from < keys.length; from += size)
        failed.push(...(await driver.deleteMany(client, bucket, keys.slice(from, from + size), context)))
      return {
        deleted: keys.length - failed.length,
        failed: failed.map(({ key, error }) => ({ key, error: asJson(error, driver) })),
      }
    },
  })
}

function asJson<Client>(error: unknown, driver: ObjectDriver<Client>): ConnectorErrorJson & Record<string, unknown> {
  return { ...explained(error, driver.toError).toJSON() }
}
