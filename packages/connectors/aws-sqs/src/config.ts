import { awsSettings } from '@casare/aws/zod'
import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a connection to Amazon SQS. */
export const config = schema(() =>
  z.strictObject({
    ...awsSettings(),
    s3: z
      .strictObject({
        endpoint: z
          .url({ protocol: /^https?$/ })
          .optional()
          .describe('URL of the store. Default: that of Amazon S3.'),
        forcePathStyle: z.boolean().default(false).describe('Writes the bucket into the path, not into the host.'),
      })
      .optional()
      .describe('Where the payloads of claimCheck are kept, if not in Amazon S3 of the region.'),
  }),
)

/** What `sqs({…})` takes beside the uniform parts. */
export type SqsConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
