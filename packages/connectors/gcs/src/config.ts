import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'

/** Settings of a connection to Google Cloud Storage. */
export const config = schema(() =>
  z.strictObject({
    projectId: z
      .string()
      .regex(/^[a-z0-9.:-]{1,128}$/, 'expected the id of a project, like "reports-4711"')
      .optional()
      .describe('The project, to create and list buckets. Default: the one that the credentials name.'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .default('https://storage.googleapis.com')
      .describe('Where the service is. Default: https://storage.googleapis.com.'),
    tokenEndpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Where a service account gets its tokens. Default: https://oauth2.googleapis.com/token.'),
    credentials: z
      .discriminatedUnion('kind', [
        z
          .strictObject({ kind: z.literal('default') })
          .describe('GOOGLE_APPLICATION_CREDENTIALS, who is signed in with gcloud, or the identity of this machine.'),
        z.strictObject({
          kind: z.literal('serviceAccount'),
          clientEmail: z.email().max(320).describe('E-mail address of the service account.'),
          privateKey: secret('Its private key, PEM.'),
        }),
        z
          .strictObject({
            kind: z.literal('keyFile'),
            path: z.string().min(1).describe('Path of the file, as the console or gcloud wrote it.'),
          })
          .describe('A key of a service account, a user, or a configuration of workload identity.'),
        z
          .strictObject({
            kind: z.literal('workloadIdentity'),
            configuration: z
              .looseObject({ type: z.literal('external_account'), audience: z.string().min(1) })
              .describe('As "gcloud iam workload-identity-pools create-cred-config" writes it.'),
          })
          .describe("Tokens of somebody else's identity provider, exchanged for Google's."),
        z.strictObject({ kind: z.literal('accessToken'), token: secret('An access token; it is not renewed.') }),
        z.strictObject({ kind: z.literal('anonymous') }).describe('Nobody: for what is public.'),
      ])
      .default({ kind: 'default' })
      .describe("Who we are. Default: Google's application default credentials."),
  }),
)

/** What `gcs({…})` takes beside the uniform parts. */
export type GcsConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
