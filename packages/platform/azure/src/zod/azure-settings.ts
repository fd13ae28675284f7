import { secret } from '@casare/core/zod'
import { z } from 'zod'

const id = (description: string) =>
  z
    .string()
    .regex(/^[\w.-]{1,128}$/, 'expected letters, digits, ".", "_" or "-"')
    .describe(description)

const authorityHost = () =>
  z
    .url({ protocol: /^https$/ })
    .optional()
    .describe('Where Microsoft Entra is. Default: https://login.microsoftonline.com.')

/** The settings that every connector of Azure Storage has, to be spread into its config: `z.strictObject({ ...azureSettings(), … })`. */
export const azureSettings = () => ({
  account: z
    .string()
    .regex(/^[a-z0-9]{3,24}$/, 'expected 3 to 24 lower-case letters and digits')
    .optional()
    .describe('Name of the storage account. In place of endpoint.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the service is: https://ACCOUNT.queue.core.windows.net, or that of another cloud or an emulator.'),
  credentials: z
    .discriminatedUnion('kind', [
      z
        .strictObject({ kind: z.literal('default') })
        .describe('The environment, the identity of this machine, or who is signed in with the tools of Azure.'),
      z.strictObject({
        kind: z.literal('connectionString'),
        connectionString: secret('Connection string of the account; names the account, too.'),
      }),
      z.strictObject({ kind: z.literal('accountKey'), accountKey: secret('One of the two keys, base64.') }),
      z.strictObject({ kind: z.literal('sas'), token: secret('Shared access signature: sv=…&sig=….') }),
      z.strictObject({
        kind: z.literal('clientSecret'),
        tenantId: id('Id or name of the tenant.'),
        clientId: id('Id of the application.'),
        clientSecret: secret('A secret of the application.'),
        authorityHost: authorityHost(),
      }),
      z.strictObject({
        kind: z.literal('managedIdentity'),
        clientId: id('Id of a user-assigned identity. Default: the one of the machine.').optional(),
      }),
      z.strictObject({
        kind: z.literal('workloadIdentity'),
        tenantId: id('Id of the tenant. Default: AZURE_TENANT_ID.').optional(),
        clientId: id('Id of the application. Default: AZURE_CLIENT_ID.').optional(),
        tokenFile: z.string().min(1).optional().describe('File of the token. Default: AZURE_FEDERATED_TOKEN_FILE.'),
        authorityHost: authorityHost(),
      }),
    ])
    .default({ kind: 'default' })
    .describe('Who we are. Default: the default chain of Azure.'),
})
