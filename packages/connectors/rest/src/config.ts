import { schema, type InputOf, type OutputOf } from '@casare/core'
import { secret, withJsonSchema } from '@casare/core/zod'
import type { Authorizer } from '@casare/http'
import { z } from 'zod'

const authorizationServer = () => ({
  issuer: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('An authorization server that describes itself. This or tokenUrl.'),
  tokenUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The token endpoint of one that does not.'),
})

const authorizer = () =>
  withJsonSchema(
    z.custom<Authorizer>(
      (value) => typeof value === 'object' && value !== null && typeof (value as Authorizer).apply === 'function',
      'expected an authorizer, as oauthAuthorizer of @casare/auth makes them',
    ),
    { type: 'object', description: 'An authorizer of the program; there is no JSON form.' },
  )

const auth = () =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({
      kind: z.literal('api_key'),
      key: secret('The key.'),
      in: z
        .enum(['header', 'query'])
        .default('header')
        .describe('Where the key goes; headers stay out of logs of others.'),
      name: z
        .string()
        .min(1)
        .optional()
        .describe('Name of the header (default x-api-key) or parameter (default api_key).'),
    }),
    z.strictObject({
      kind: z.literal('basic'),
      user: z.string().describe('User name, without a colon (RFC 7617).'),
      password: secret('Password.'),
    }),
    z.strictObject({ kind: z.literal('bearer'), token: secret('Token (RFC 6750).') }),
    z.strictObject({
      kind: z.literal('oauth2_client_credentials'),
      ...authorizationServer(),
      clientId: z.string().min(1).describe('How this connection is registered at the authorization server.'),
      clientSecret: secret('Its secret.'),
      clientAuthentication: z
        .enum(['secret_basic', 'secret_post'])
        .default('secret_basic')
        .describe('Where the secret goes: the header, or the body.'),
      scope: z.string().optional().describe('What is asked for, separated by spaces.'),
      audience: z.string().optional().describe('Where the tokens will be used, as some servers want it.'),
      resource: z.url().optional().describe('The same by RFC 8707.'),
    }),
    z.strictObject({
      kind: z.literal('oauth2_jwt_bearer'),
      tokenUrl: z.url({ protocol: /^https?$/ }).describe('The token endpoint.'),
      issuer: z.string().min(1).describe("A service account's address at Google, the consumer key at Salesforce."),
      subject: z.string().optional().describe('On whose behalf.'),
      audience: z.string().optional().describe('Default: the token endpoint.'),
      key: secret('The private key, PEM or JWK.'),
      keyId: z.string().optional().describe('Its id.'),
      scope: z.string().optional().describe('What is asked for; in the assertion and beside it.'),
    }),
    z.strictObject({ kind: z.literal('custom'), authorizer: authorizer() }),
  ])

/** Settings of a connection to a REST API. */
export const config = schema(() =>
  z.strictObject({
    baseUrl: z.url({ protocol: /^https?$/ }).describe('Where the API lives, with the path that all requests share.'),
    auth: auth().default({ kind: 'none' }).describe('How the connection proves who it is.'),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .describe('Sent with every request. Credentials belong in auth, where they are treated as secrets.'),
    allowOrigins: z
      .array(z.url())
      .optional()
      .describe('Further origins that may get the credentials: in links to next pages and in redirects.'),
    maxRedirects: z.number().int().min(0).max(20).default(5).describe('The most redirects followed.'),
    maxHeaderBytes: z
      .number()
      .int()
      .min(1_024)
      .max(1_048_576)
      .default(65_536)
      .describe('All header fields of an answer.'),
    maxBodyBytes: z
      .number()
      .int()
      .min(1)
      .max(2_147_483_647)
      .default(67_108_864)
      .describe('An answer that is read into memory, as received and decompressed. Downloads are not limited by it.'),
    idempotencyHeader: z
      .string()
      .min(1)
      .default('idempotency-key')
      .describe('The header that carries the idempotency key of a call, where one is given.'),
    checkPath: z
      .string()
      .optional()
      .describe(
        'A path that answers 200 where address and credentials are right. Default: any answer of the API will do.',
      ),
  }),
)

/** What `rest({…})` takes beside the uniform parts. */
export type RestConfig = InputOf<typeof config>
export type ParsedConfig = OutputOf<typeof config>
