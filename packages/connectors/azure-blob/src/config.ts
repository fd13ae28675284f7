import { azureSettings } from '@casare/azure/zod'
import { schema, type InputOf, type OutputOf } from '@casare/core'
import { z } from 'zod'

/** Settings of a connection to Azure Blob Storage. */
export const config = schema(() => z.strictObject({ ...azureSettings() }))

/** What `azureBlob({…})` takes beside the uniform parts. */
export type AzureBlobConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
