import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { awsClientOptions, type AwsCredentials } from '@casare/aws'
import { ConnectorError, Secret } from '@casare/core'
import { scriptedServer } from './scripted-server.ts'
import { openContext } from './support.ts'

const roleArn = 'arn:aws:iam::123456789012:role/reader'
const keys = { kind: 'static', accessKeyId: 'AKIDSOURCE', secretAccessKey: new Secret('source-secret') } as const

/** STS' answer (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html). */
function assumed(action: string, id: string, holdsMs: number): string {
  return `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${action}Result><Credentials>
    <AccessKeyId>${id}</AccessKeyId><SecretAccessKey>assumed-secret</SecretAccessKey><SessionToken>assumed-token</SessionToken>
    <Expiration>${new Date(Date.now() + holdsMs).toISOString()}</Expiration></Credentials></${action}Result></${action}Response>`
}

async function listQueues(url: string, credentials: AwsCredentials, context = openContext(), times = 1): Promise<void> {
  const client = new SQSClient(await awsClientOptions({ region: 'eu-central-1', endpoint: url, credentials }, context))
  try {
    for (let count = 0; count < times; count += 1) await client.send(new ListQueuesCommand({}))
  } finally {
    client.destroy()
  }
}

const roleOf = (stsEndpoint: string) =>
  ({ kind: 'assumeRole', roleArn, sessionName: 'nightly', stsEndpoint, source: keys }) as const

const keyIdOf = (header: string | undefined) => /Credential=([^/]+)\//.exec(header ?? '')?.[1]

describe('credentials', () => {
  let folder: string
  const before = { ...process.env }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'casare-aws-'))
    process.env['AWS_CONFIG_FILE'] = join(folder, 'config')
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials')
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true'
  })

  afterEach(async () => {
    process.env = { ...before }
    await rm(folder, { recursive: true })
  })

  test('static keys sign requests, with their session token', async () => {
    await using server = await scriptedServer(() => ({}))
    await listQueues(server.url, { ...keys, sessionToken: new Secret('a-session') })
    expect(keyIdOf(server.requests[0]?.headers.authorization)).toBe('AKIDSOURCE')
    expect(server.requests[0]?.headers['x-amz-security-token']).toBe('a-session')
  })

  test('without any, the default chain of AWS is asked', async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDENV'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'env-secret'
    await using server = await scriptedServer(() => ({}))
    await listQueues(server.url, { kind: 'default' })
    expect(keyIdOf(server.requests[0]?.headers.authorization)).toBe('AKIDENV')
  })

  test('a profile is taken from the file of that profile, not from the environment', async () => {
    process.env['AWS_ACCESS_KEY_ID'] = 'AKIDENV'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'env-secret'
    await writeFile(
      join(folder, 'credentials'),
      '[backup]\naws_access_key_id = AKIDFILE\naws_secret_access_key = file-secret\n',
    )
    await using server = await scriptedServer(() => ({}))
    await listQueues(server.url, { kind: 'profile', name: 'backup' })
    expect(keyIdOf(server.requests[0]?.headers.authorization)).toBe('AKIDFILE')
  })

  test('a profile that is not there is unauthenticated, and nothing was sent', async () => {
    await using server = await scriptedServer(() => ({}))
    const failed = await listQueues(server.url, { kind: 'profile', name: 'missing' }).catch((error: unknown) => error)
    expect(failed).toMatchObject({ code: 'unauthenticated', applied: 'no' })
    expect(server.requests).toHaveLength(0)
  })

  test('a role is assumed by the source, with the external id, and used until shortly before its end', async () => {
    await using sts = await scriptedServer(() => ({ body: assumed('AssumeRole', 'AKIDROLE', 3_600_000) }))
    await using server = await scriptedServer(() => ({}))
    const context = openContext()
    await listQueues(
      server.url,
      {
        kind: 'assumeRole',
        roleArn,
        sessionName: 'nightly',
        externalId: 'agreed-1',
        durationSeconds: 900,
        stsEndpoint: sts.url,
        source: keys,
      },
      context,
      3,
    )
    expect(sts.requests).toHaveLength(1)
    expect(Object.fromEntries(new URLSearchParams(sts.requests[0]?.body))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: roleArn,
      RoleSessionName: 'nightly',
      ExternalId: 'agreed-1',
      DurationSeconds: '900',
    })
    expect(keyIdOf(sts.requests[0]?.headers.authorization)).toBe('AKIDSOURCE')
    expect(keyIdOf(server.requests[2]?.headers.authorization)).toBe('AKIDROLE')
    expect(server.requests[2]?.headers['x-amz-security-token']).toBe('assumed-token')
    expect(context.redactor.text('assumed-secret and assumed-token')).toBe('[secret] and [secret]')
  })

  test('credentials that end within minutes are renewed', async () => {
    await using sts = await scriptedServer((_, index) => ({ body: assumed('AssumeRole', `AKIDROLE${index}`, 60_000) }))
    await using server = await scriptedServer(() => ({}))
    await listQueues(server.url, roleOf(sts.url), openContext(), 3)
    const used = server.requests.map(({ headers }) => keyIdOf(headers.authorization))
    expect(new Set(used).size).toBe(3)
  })

  test('credentials that cannot be renewed are used to their end', async () => {
    await using sts = await scriptedServer((_, index) =>
      index > 0 ? { status: 500 } : { body: assumed('AssumeRole', 'AKIDROLE', 60_000) },
    )
    await using server = await scriptedServer(() => ({}))
    await listQueues(server.url, roleOf(sts.url), openContext(), 3)
    expect(sts.requests.length).toBeGreaterThan(1)
    expect(server.requests.map(({ headers }) => keyIdOf(headers.authorization))).toEqual(Array(3).fill('AKIDROLE'))
  })

  test('who may not assume the role is told so, and that nothing was sent', async () => {
    await using sts = await scriptedServer(() => ({
      status: 403,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not you</Message></Error><RequestId>r</RequestId></ErrorResponse>',
    }))
    await using server = await scriptedServer(() => ({}))
    const failed = await listQueues(server.url, roleOf(sts.url)).catch((error: unknown) => error)
    expect(ConnectorError.is(failed, 'permission_denied')).toBe(true)
    expect(failed).toMatchObject({ applied: 'no', message: 'AWS credentials (assumeRole): not you.' })
    expect(server.requests).toHaveLength(0)
  })

  test('a web identity is read from its file each time', async () => {
    const tokenFile = join(folder, 'token')
    await writeFile(tokenFile, 'first-token\n')
    await using sts = await scriptedServer(() => ({ body: assumed('AssumeRoleWithWebIdentity', 'AKIDWEB', 60_000) }))
    await using server = await scriptedServer(() => ({}))
    const client = new SQSClient(
      await awsClientOptions(
        {
          region: 'eu-central-1',
          endpoint: server.url,
          credentials: { kind: 'webIdentity', roleArn, sessionName: 'pod', tokenFile, stsEndpoint: sts.url },
        },
        openContext(),
      ),
    )
    await client.send(new ListQueuesCommand({}))
    await writeFile(tokenFile, 'second-token\n')
    await client.send(new ListQueuesCommand({}))
    client.destroy()
    const tokens = sts.requests.map(({ body }) => new URLSearchParams(body).get('WebIdentityToken'))
    expect(tokens[0]).toBe('first-token')
    expect(tokens.at(-1)).toBe('second-token')
    expect(sts.requests[0]?.headers.authorization).toBeUndefined()
    expect(keyIdOf(server.requests[0]?.headers.authorization)).toBe('AKIDWEB')
  })
})
