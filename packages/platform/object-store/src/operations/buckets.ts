import { operation, schema, type ErrorCode } from '@casare/core'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { bucketField } from '../fields.ts'

const input = schema(() => z.strictObject({ bucket: bucketField() }))
const nothing = schema(() => z.object({}))
const denied: ErrorCode[] = ['permission_denied']

/** Creates a bucket (in Azure a container). */
export function createBucketOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Creates a bucket.',
    effect: 'unsafe',
    input,
    output: nothing,
    errors: ['already_exists', 'invalid_input', ...denied],
    async run(client: Client, { bucket }, context) {
      await driver.createBucket(client, bucket, context)
      return {}
    },
    // Whoever made it: it is there.
    async reconcile(client, { bucket }, context) {
      const buckets = await driver.listBuckets(client, context)
      return buckets.some(({ name }) => name === bucket) ? { output: {} } : 'not_applied'
    },
  })
}

/** Deletes an empty bucket. */
export function deleteBucketOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Deletes an empty bucket.',
    effect: 'unsafe',
    input,
    output: nothing,
    errors: ['not_found', 'conflict', ...denied],
    async run(client: Client, { bucket }, context) {
      await driver.deleteBucket(client, bucket, context)
      return {}
    },
    async reconcile(client, { bucket }, context) {
      const buckets = await driver.listBuckets(client, context)
      return buckets.some(({ name }) => name === bucket) ? 'not_applied' : { output: {} }
    },
  })
}

const listInput = schema(() => z.strictObject({}))
const listOutput = schema(() =>
  z.object({ buckets: z.array(z.object({ name: z.string(), createdAt: z.string().optional() })) }),
)

/** Lists the buckets of the account. */
export function listBucketsOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Lists the buckets of the account.',
    effect: 'read',
    input: listInput,
    output: listOutput,
    errors: denied,
    run: async (client: Client, _input, context) => ({ buckets: [...(await driver.listBuckets(client, context))] }),
  })
}
