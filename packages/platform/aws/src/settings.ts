import { schema, type OutputOf } from '@casare/core'
import { z } from 'zod'
import { awsSettings } from './zod/aws-settings.ts'

const _settings = schema(() => z.strictObject(awsSettings()))

/** Region, endpoint and credentials of a connection, parsed. */
export type AwsSettings = OutputOf<typeof _settings>

/** Where credentials come from. */
export type AwsCredentials = NonNullable<AwsSettings['credentials']>
