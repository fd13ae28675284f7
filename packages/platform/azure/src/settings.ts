import { schema, type OutputOf } from '@casare/core'
import { z } from 'zod'
import { azureSettings } from './zod/azure-settings.ts'

const _settings = schema(() => z.strictObject(azureSettings()))

/** Account, endpoint and credentials of a connection, parsed. */
export type AzureSettings = OutputOf<typeof _settings>

/** Who the connection is. */
export type AzureCredentials = AzureSettings['credentials']
