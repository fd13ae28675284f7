import { awsSettings } from '@casare/aws/zod'
import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a connection to Amazon SQS. */
export const config = schema(() => z.strictObject({ ...awsSettings() }))

/** What `sqs({…})` takes beside the uniform parts. */
export type SqsConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
