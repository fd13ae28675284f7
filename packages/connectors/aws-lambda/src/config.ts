import { awsSettings } from '@casare/aws/zod'
import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a connection to AWS Lambda. */
export const config = schema(() => z.strictObject({ ...awsSettings() }))

/** What `lambda({…})` takes beside the uniform parts. */
export type LambdaConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
