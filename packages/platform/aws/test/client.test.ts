import { describe, expect, test } from '@jest/globals'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { awsClientOptions, awsErrorFacts, type AwsOpenContext } from '@casare/aws'
import { Secret, type ErrorFacts } from '@casare/core'
import { createServer, type AddressInfo } from 'node:net'
import { createAuthority, createCertificate } from '@casare/testing'
import { scriptedServer } from './scripted-server.ts'
import { failure, openContext } from './support.ts'

const credentials = { kind: 'static', accessKeyId: 'AKIDTEST', secretAccessKey: new Secret('a-secret-key') } as const

/** Sends one harmless request; the failure as facts, or `undefined`. */
async function send(endpoint: string, context: AwsOpenContext = openContext()): Promise<ErrorFacts | undefined> {
  const client = new SQSClient(await awsClientOptions({ region: 'eu-central-1', endpoint, credentials }, context))
  try {
    await client.send(new ListQueuesCommand({}))
    return undefined
  } catch (error) {
    return awsErrorFacts(error, 'Amazon SQS') ?? Promise.reject(error)
  } finally {
    client.destroy()
  }
}

const minutes = (count: number) => count * 60_000
const signedAt = (header: string | string[] | undefined): number =>
  Date.parse(String(header).replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

describe('a wrong clock', () => {
  const ahead = () => ({ date: new Date(Date.now() + minutes(60)).toUTCString() })

  test('is corrected, and the request repeated once', async () => {
    await using server = await scriptedServer((request) =>
      Math.abs(signedAt(request.headers['x-amz-date']) - Date.now() - minutes(60)) < minutes(5)
        ? { headers: ahead() }
        : failure('InvalidSignatureException', 403, ahead()),
    )
    expect(await send(server.url)).toBeUndefined()
    expect(server.requests).toHaveLength(2)
  })

  test('is not corrected for ever', async () => {
    await using server = await scriptedServer(() => failure('RequestTimeTooSkewed', 403, ahead()))
    expect(await send(server.url)).toMatchObject({ code: 'unauthenticated', applied: 'no' })
    expect(server.requests).toHaveLength(2)
  })
})

describe('failures', () => {
  const cases: [name: string, status: number, facts: Partial<ErrorFacts>][] = [
    ['ThrottlingException', 400, { code: 'rate_limited', applied: 'no', transient: true }],
    ['SlowDown', 503, { code: 'rate_limited', applied: 'no', transient: true, overload: true }],
    ['ServiceUnavailable', 503, { code: 'unavailable', applied: 'maybe', transient: true, overload: true }],
    ['InternalFailure', 500, { code: 'unavailable', applied: 'maybe', transient: true }],
    ['ExpiredTokenException', 403, { code: 'unauthenticated', applied: 'no', transient: false }],
    ['UnrecognizedClientException', 400, { code: 'unauthenticated', applied: 'no', transient: false }],
    ['AccessDeniedException', 400, { code: 'permission_denied', applied: 'no', transient: false }],
    ['NobodyKnowsException', 400, { code: 'invalid_input', applied: 'no', transient: false }],
    ['NobodyKnowsException', 404, { code: 'not_found', applied: 'no', transient: false }],
    ['NobodyKnowsException', 429, { code: 'rate_limited', overload: true }],
    ['NobodyKnowsException', 502, { code: 'unavailable', applied: 'maybe' }],
  ]

  test.each(cases)('%s with %i is what it is, and not repeated', async (name, status, facts) => {
    await using server = await scriptedServer(() => failure(name, status))
    expect(await send(server.url)).toMatchObject({
      ...facts,
      status,
      requestId: 'request-1',
      vendorCode: name,
      message: expect.stringMatching(/^Amazon SQS: \w+ it is\./),
    })
    expect(server.requests).toHaveLength(1)
  })

  test('the wait that was asked for is told', async () => {
    await using inSeconds = await scriptedServer(() => failure('Throttling', 429, { 'retry-after': '7' }))
    expect(await send(inSeconds.url)).toMatchObject({ retryAfterMs: 7_000 })
    await using inMilliseconds = await scriptedServer(() => failure('Throttling', 429, { 'x-amz-retry-after': '120' }))
    expect(await send(inMilliseconds.url)).toMatchObject({ retryAfterMs: 120 })
  })

  test('a server that is not there was never asked', async () => {
    expect(await send('http://127.0.0.1:9')).toMatchObject({ code: 'unavailable', applied: 'no', transient: true })
  })

  test('silence ends by readMs, with an outcome that is open', async () => {
    await using server = await scriptedServer(() => ({ silent: true }))
    const timeouts = { connectMs: 1_000, readMs: 100, writeMs: 1_000 }
    expect(await send(server.url, openContext({ timeouts }))).toMatchObject({ code: 'timeout', applied: 'maybe' })
  })

  test('an answer that is none of AWS is not taken for one', async () => {
    await using server = await scriptedServer(() => ({ body: '<html>welcome to the hotel</html>' }))
    expect(await send(server.url)).toMatchObject({ code: 'unavailable', applied: 'maybe' })
  })

  test('what is no error of AWS is left to others', () => {
    expect(awsErrorFacts(new Error('something else'), 'Amazon SQS')).toBeUndefined()
    expect(awsErrorFacts('text', 'Amazon SQS')).toBeUndefined()
  })

  test("a service's own errors come first", async () => {
    await using server = await scriptedServer(() => failure('AccessDenied', 403))
    const client = new SQSClient(
      await awsClientOptions({ region: 'eu-central-1', endpoint: server.url, credentials }, openContext()),
    )
    const error: unknown = await client.send(new ListQueuesCommand({})).catch((failed: unknown) => failed)
    client.destroy()
    const own = { AccessDenied: ['not_found', 'no', false] } as const
    expect(awsErrorFacts(error, 'Amazon SQS', own)).toMatchObject({ code: 'not_found' })
  })
})

describe('transport', () => {
  test('waiting for a free connection is not taken for a server that cannot be reached', async () => {
    await using server = await scriptedServer(() => ({ afterMs: 100 }))
    const timeouts = { connectMs: 300, readMs: 5_000, writeMs: 5_000 }
    const context = openContext({ timeouts, pool: { max: 1 } })
    const client = new SQSClient(
      await awsClientOptions({ region: 'eu-central-1', endpoint: server.url, credentials }, context),
    )
    const sent = Array.from({ length: 8 }, () => client.send(new ListQueuesCommand({})))
    const ends = await Promise.allSettled(sent)
    client.destroy()
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([])
    expect(server.requests).toHaveLength(8)
  })

  test('a connection that is not made in time was never asked anything', async () => {
    // It accepts, and never answers the greeting of TLS.
    const mute = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const { port } = mute.address() as AddressInfo
    const context = openContext({ timeouts: { connectMs: 100, readMs: 5_000, writeMs: 5_000 } })
    expect(await send(`https://127.0.0.1:${port}`, context)).toMatchObject({
      code: 'timeout',
      applied: 'no',
      transient: true,
    })
    await new Promise((resolve) => mute.close(resolve))
  })

  test('nothing goes unencrypted to another machine', async () => {
    const timeouts = { connectMs: 100, readMs: 100, writeMs: 100 }
    await expect(send('http://192.0.2.1', openContext({ timeouts }))).rejects.toMatchObject({ code: 'invalid_input' })
    const context = openContext({ timeouts, tls: { insecure: 'plaintext' } })
    expect(await send('http://192.0.2.1', context)).toMatchObject({ applied: 'no' })
    expect(context.events).toEqual(['plaintext'])
  })

  test('a certificate is verified against tls.ca and tls.serverName', async () => {
    const authority = createAuthority('test authority')
    const { cert, key } = createCertificate(authority, { names: ['queue.test'] })
    await using server = await scriptedServer(() => ({}), { cert, key })
    expect(await send(server.url)).toMatchObject({ code: 'unavailable', applied: 'no', transient: false })
    const ca = authority.cert
    expect(await send(server.url, openContext({ tls: { ca } }))).toMatchObject({
      vendorCode: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
    expect(await send(server.url, openContext({ tls: { ca, serverName: 'queue.test' } }))).toBeUndefined()
  })
})
