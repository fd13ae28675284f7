import type { OpenContext } from '@casare/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import type { AwsCredentialIdentityProvider, RetryStrategyV2 } from '@smithy/types'
import { credentialProvider } from './credentials.ts'
import { requestHandler } from './request-handler.ts'
import type { AwsSettings } from './settings.ts'
import { skewCorrection } from './skew-correction.ts'

/** What the options are made from, beside the settings: a connector hands its `OpenContext` on. */
export type AwsOpenContext = Pick<OpenContext, 'tls' | 'pool' | 'timeouts' | 'redactor' | 'event'>

/** Options for the constructor of any client of the AWS SDK v3. */
export interface AwsClientOptions {
  region?: string
  endpoint?: string
  credentials?: AwsCredentialIdentityProvider
  maxAttempts: 1
  retryStrategy: RetryStrategyV2
  requestHandler: NodeHttpHandler
}

/**
 * The constructor options of a client: where, who, how long, and nothing repeated but one request that a wrong clock spoilt.
 * `client.destroy()` ends the connections.
 * @throws `invalid_input` where the endpoint is neither encrypted nor on this machine, unless the config allows it.
 */
export async function awsClientOptions(settings: AwsSettings, context: AwsOpenContext): Promise<AwsClientOptions> {
  const { region, endpoint } = settings
  const credentials = credentialProvider(settings, context)
  return {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    retryStrategy: skewCorrection(),
    requestHandler: await requestHandler(context),
  }
}
