import { ConnectorError, factsOf, networkFacts, type Redactor } from '@casare/core'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { readFile } from 'node:fs/promises'
import { awsErrorFacts } from './error-facts.ts'
import { requestHandler, type TransportContext } from './request-handler.ts'
import type { AwsCredentials, AwsSettings } from './settings.ts'
import { skewCorrection } from './skew-correction.ts'

/** What obtaining credentials needs of the connection. */
export interface CredentialContext extends TransportContext {
  readonly redactor: Redactor
}

type AssumeRole = Extract<AwsCredentials, { kind: 'assumeRole' }>
type WebIdentity = Extract<AwsCredentials, { kind: 'webIdentity' }>

/** A profile without an end is read anew after this long: other programs renew what is in it. */
const profileHoldsMs = 600_000

/**
 * The SDK's provider for what the config says; `undefined` leaves the SDK to its default chain. The SDK asks it again five
 * minutes before credentials end. Packages are loaded when they are needed.
 */
export function credentialProvider(
  { credentials, region }: Pick<AwsSettings, 'credentials' | 'region'>,
  context: CredentialContext,
): AwsCredentialIdentityProvider | undefined {
  if (credentials === undefined || credentials.kind === 'default') return undefined
  const obtain = providerOf(credentials, region, context)
  let current: AwsCredentialIdentity | undefined
  return async () => {
    try {
      current = await obtain()
      context.redactor.add(current.secretAccessKey)
      if (current.sessionToken !== undefined) context.redactor.add(current.sessionToken)
      return current
    } catch (error) {
      // What could not be renewed is good until its end.
      if (current?.expiration !== undefined && current.expiration.getTime() > Date.now()) return current
      throw refused(error, credentials)
    }
  }
}

function providerOf(
  credentials: Exclude<AwsCredentials, { kind: 'default' }>,
  region: string | undefined,
  context: CredentialContext,
): () => Promise<AwsCredentialIdentity> {
  switch (credentials.kind) {
    case 'static':
      return async () => ({
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken.reveal() }),
      })
    case 'profile':
      return () => readProfile(credentials.name)
    case 'assumeRole':
      return () => assumeRole(credentials, region, context)
    case 'webIdentity':
      return () => assumeRoleWithToken(credentials, region, context)
  }
}

async function readProfile(profile: string): Promise<AwsCredentialIdentity> {
  const { fromIni } = await import('@aws-sdk/credential-provider-ini')
  const identity = await fromIni({ profile, ignoreCache: true })()
  return { ...identity, expiration: identity.expiration ?? new Date(Date.now() + profileHoldsMs) }
}

async function assumeRole(
  { roleArn, sessionName, externalId, durationSeconds, source, stsEndpoint }: AssumeRole,
  region: string | undefined,
  context: CredentialContext,
): Promise<AwsCredentialIdentity> {
  const { AssumeRoleCommand } = await import('@aws-sdk/nested-clients/sts')
  const credentials = credentialProvider({ credentials: source, region }, context)
  return withSts(stsEndpoint, region, credentials, context, (client) =>
    client.send(
      new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        ExternalId: externalId,
        DurationSeconds: durationSeconds,
      }),
    ),
  )
}

async function assumeRoleWithToken(
  { roleArn, sessionName, durationSeconds, tokenFile, stsEndpoint }: WebIdentity,
  region: string | undefined,
  context: CredentialContext,
): Promise<AwsCredentialIdentity> {
  const { AssumeRoleWithWebIdentityCommand } = await import('@aws-sdk/nested-clients/sts')
  const token = (await readFile(tokenFile, 'utf8')).trim()
  context.redactor.add(token)
  return withSts(stsEndpoint, region, undefined, context, (client) =>
    client.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        WebIdentityToken: token,
        DurationSeconds: durationSeconds,
      }),
    ),
  )
}

type Sts = import('@aws-sdk/nested-clients/sts').STSClient
type Assumed = import('@aws-sdk/nested-clients/sts').AssumeRoleCommandOutput

/** One request of a client that lives as long as it: credentials are renewed once an hour. */
async function withSts(
  endpoint: string | undefined,
  region: string | undefined,
  credentials: AwsCredentialIdentityProvider | undefined,
  context: CredentialContext,
  send: (client: Sts) => Promise<Pick<Assumed, 'Credentials'>>,
): Promise<AwsCredentialIdentity> {
  const { STSClient } = await import('@aws-sdk/nested-clients/sts')
  const client = new STSClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    retryStrategy: skewCorrection(),
    // The name that the service's certificate carries is not that of STS.
    requestHandler: await requestHandler({ ...context, tls: { ...context.tls, serverName: undefined } }),
  })
  try {
    const { Credentials: assumed } = await send(client)
    if (assumed?.AccessKeyId === undefined || assumed.SecretAccessKey === undefined)
      throw new ConnectorError({ code: 'unavailable', applied: 'no', message: 'AWS STS answered without credentials.' })
    return {
      accessKeyId: assumed.AccessKeyId,
      secretAccessKey: assumed.SecretAccessKey,
      ...(assumed.SessionToken === undefined ? {} : { sessionToken: assumed.SessionToken }),
      ...(assumed.Expiration === undefined ? {} : { expiration: assumed.Expiration }),
    }
  } finally {
    client.destroy()
  }
}

/** Nothing of the call itself was sent. */
function refused(error: unknown, credentials: AwsCredentials): ConnectorError {
  const subject = `AWS credentials (${credentials.kind})`
  const facts = ConnectorError.is(error)
    ? factsOf(error)
    : (awsErrorFacts(error, subject) ??
      networkFacts(error, subject) ?? {
        code: 'unauthenticated' as const,
        message: `${subject}: ${error instanceof Error ? error.message : String(error)}`,
        cause: error,
      })
  return new ConnectorError({ ...facts, applied: 'no' })
}
