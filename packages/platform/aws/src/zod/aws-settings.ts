import { secret } from '@casare/core/zod'
import { z } from 'zod'

const roleArn = () =>
  z
    .string()
    .regex(
      /^arn:[a-z-]+:iam::\d{12}:role\/.{1,512}$/,
      'expected the ARN of a role: arn:aws:iam::123456789012:role/NAME',
    )
    .describe('ARN of the role.')

const sessionName = () =>
  z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'expected 2 to 64 letters, digits or _+=,.@-')
    .default('casare')
    .describe('How the session is called in CloudTrail. Default: casare.')

const durationSeconds = () =>
  z
    .number()
    .int()
    .min(900)
    .max(43_200)
    .optional()
    .describe('How long the credentials hold, 900 to 43,200 seconds; renewed before they end. Default: 3,600.')

const stsEndpoint = () =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where STS is, where it is not the public one of the region.')

const defaultChain = () =>
  z.strictObject({ kind: z.literal('default') }).describe('The environment, the profile, or the role of this machine.')

const fixed = () =>
  z.strictObject({
    kind: z.literal('static'),
    accessKeyId: z
      .string()
      .regex(/^\w{3,128}$/, 'expected letters, digits and _')
      .describe('Id of the access key.'),
    secretAccessKey: secret('The secret access key.'),
    sessionToken: secret('Session token of temporary credentials; they are not renewed.').optional(),
  })

const profile = () =>
  z.strictObject({
    kind: z.literal('profile'),
    name: z.string().min(1).max(256).describe('Name of a profile in ~/.aws/config or ~/.aws/credentials.'),
  })

const webIdentity = () =>
  z.strictObject({
    kind: z.literal('webIdentity'),
    roleArn: roleArn(),
    tokenFile: z.string().min(1).describe('File that holds the token; read anew each time.'),
    sessionName: sessionName(),
    durationSeconds: durationSeconds(),
    stsEndpoint: stsEndpoint(),
  })

const assumeRole = () =>
  z.strictObject({
    kind: z.literal('assumeRole'),
    roleArn: roleArn(),
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'expected 2 to 1,224 letters, digits or _+=,.@:/-')
      .optional()
      .describe('What the owner of the role wants to hear; see "confused deputy" in the guide of IAM.'),
    sessionName: sessionName(),
    durationSeconds: durationSeconds(),
    stsEndpoint: stsEndpoint(),
    source: z
      .discriminatedUnion('kind', [defaultChain(), fixed(), profile(), webIdentity()])
      .optional()
      .describe('Who takes the role. Default: the default chain.'),
  })

/** The settings that every AWS connector has, to be spread into its config: `z.strictObject({ ...awsSettings(), … })`. */
export const awsSettings = () => ({
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,63}$/, 'expected a region such as eu-central-1')
    .optional()
    .describe('Default: AWS_REGION, or the region of the profile.'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the service is, where it is not the public one of the region.'),
  credentials: z
    .discriminatedUnion('kind', [defaultChain(), fixed(), profile(), assumeRole(), webIdentity()])
    .optional()
    .describe('Who we are. Default: the default chain of AWS (environment, profile, role of the machine).'),
})
