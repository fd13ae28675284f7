import { awsSettings } from '@casare/aws/zod'
import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a connection to Amazon S3, or to a store that speaks its protocol. */
export const config = schema(() =>
  z.strictObject({
    ...awsSettings(),
    forcePathStyle: z
      .boolean()
      .default(false)
      .describe('Writes the bucket into the path, not into the host: what most stores other than AWS want.'),
  }),
)

/** What `s3({…})` takes beside the uniform parts. */
export type S3Config = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
