import { z } from 'zod'

/** Payloads that go through S3, of a write and of a listener. */
const place = () => ({
  bucket: z.string().min(3).max(255).describe('Bucket of the payloads.'),
  prefix: z
    .string()
    .max(900)
    .regex(/^[a-zA-Z0-9./_-]*$/, 'expected letters, digits, ".", "/", "_" and "-"')
    .default('')
    .describe('What the keys of the payloads begin with.'),
})

/** Where a write puts what is too large for a message. */
export const writeClaimCheck = () =>
  z
    .strictObject({
      ...place(),
      overBytes: z
        .number()
        .int()
        .min(0)
        .max(1_048_576)
        .default(1_048_576)
        .describe('A larger message, its attributes included, goes through S3. Lower it for queues that take less.'),
    })
    .describe(
      "Large payloads go to S3 first and the message points to them, as Amazon's SQS Extended Client Library does; needs @aws-sdk/client-s3.",
    )

/** From where a listener fetches payloads. */
export const listenClaimCheck = () =>
  z
    .strictObject({
      ...place(),
      maxBytes: z
        .number()
        .int()
        .min(1)
        .max(536_870_888)
        .default(67_108_864)
        .describe('A larger payload is put aside unread. Up to 10 messages and two for each handler are in memory.'),
      deleteAfterAck: z
        .boolean()
        .default(true)
        .describe('Deletes the payload behind its message; not where several queues have a message of it.'),
    })
    .describe(
      "Fetches payloads from S3 where a message points to this bucket and prefix, as Amazon's SQS Extended Client Library does; needs @aws-sdk/client-s3.",
    )
