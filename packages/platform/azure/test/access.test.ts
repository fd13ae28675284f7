import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { QueueServiceClient } from '@azure/storage-queue'
import { azureErrorFacts, azureStorageAccess, type AzureOpenContext, type AzureSettings } from '@casare/azure'
import { ConnectorError, Redactor, Secret, type ErrorFacts } from '@casare/core'
import { createAuthority, createCertificate } from '@casare/testing'

const accountKey = new Secret(Buffer.from('a key of an account, not long').toString('base64'))

function openContext(changes: Partial<AzureOpenContext> = {}): AzureOpenContext & { readonly events: string[] } {
  const events: string[] = []
  return {
    tls: {},
    pool: {},
    timeouts: { connectMs: 2_000, readMs: 5_000, writeMs: 5_000 },
    redactor: new Redactor(),
    event: (name) => events.push(name),
    events,
    ...changes,
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function server(answer: Answer, tls?: { cert: string; key: string }) {
  const requests: IncomingMessage[] = []
  const listener: Answer = (request, response) => {
    requests.push(request)
    answer(request, response)
  }
  const listening = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(listening.address() as AddressInfo).port}/devaccount`,
    requests,
    async [Symbol.asyncDispose]() {
      listening.closeAllConnections()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}

const failWith =
  (code: string, status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response
      .writeHead(status, {
        'x-ms-error-code': code,
        'x-ms-request-id': 'r-1',
        'content-type': 'application/xml',
        ...headers,
      })
      .end(
        `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code} it is.\nRequestId:r-1\nTime:now</Message></Error>`,
      )

const succeed: Answer = (_, response) => response.writeHead(201, { 'x-ms-request-id': 'r-1' }).end()

/** Sends one harmless request; the failure as facts, or `undefined`. */
async function send(settings: AzureSettings, context = openContext()): Promise<ErrorFacts | undefined> {
  const access = await azureStorageAccess(settings, context, 'queue')
  try {
    const client = new QueueServiceClient(access.url, access.credential, access.options)
    await client.getQueueClient('orders').create()
    return undefined
  } catch (error) {
    return azureErrorFacts(error, 'Azure Queue Storage') ?? Promise.reject(error)
  } finally {
    access.destroy()
  }
}

const byKey = (endpoint: string): AzureSettings => ({ endpoint, credentials: { kind: 'accountKey', accountKey } })

describe('credentials', () => {
  test('the key of the account signs requests', async () => {
    await using peer = await server(succeed)
    expect(await send(byKey(peer.url))).toBeUndefined()
    expect(peer.requests[0]?.headers.authorization).toMatch(/^SharedKey devaccount:/)
  })

  test('a connection string names the place and the key', async () => {
    await using peer = await server(succeed)
    const connectionString = new Secret(
      `DefaultEndpointsProtocol=http;AccountName=named;AccountKey=${accountKey.reveal()};QueueEndpoint=${peer.url};`,
    )
    const context = openContext()
    expect(await send({ credentials: { kind: 'connectionString', connectionString } }, context)).toBeUndefined()
    expect(peer.requests[0]?.headers.authorization).toMatch(/^SharedKey named:/)
    expect(context.redactor.text(`key ${accountKey.reveal()}`)).toBe('key [secret]')
  })

  test('a connection string without a place is refused, and not shown', async () => {
    const connectionString = new Secret('AccountKey=do-not-show-this;')
    const failed = await send({ credentials: { kind: 'connectionString', connectionString } }).catch(
      (error: unknown) => error,
    )
    expect(ConnectorError.is(failed, 'invalid_input')).toBe(true)
    expect(String(failed)).not.toContain('do-not-show-this')
  })

  test('a shared access signature goes with the address, and is a secret', async () => {
    await using peer = await server(succeed)
    const context = openContext()
    const token = new Secret('?sv=2025-01-05&sp=rau&sig=signature%2Bof%3D')
    expect(await send({ endpoint: peer.url, credentials: { kind: 'sas', token } }, context)).toBeUndefined()
    expect(peer.requests[0]?.url).toContain('sig=signature%2Bof%3D')
    expect(peer.requests[0]?.headers.authorization).toBeUndefined()
    expect(context.redactor.text('sig=signature+of=')).toBe('sig=[secret]')
  })

  test('an account is enough to know the place', async () => {
    const access = await azureStorageAccess(
      { account: 'shop', credentials: { kind: 'accountKey', accountKey } },
      openContext(),
      'blob',
    )
    access.destroy()
    expect(access.url).toBe('https://shop.blob.core.windows.net/')
    expect(access.sharedKey?.accountName).toBe('shop')
    await expect(send({ credentials: { kind: 'accountKey', accountKey } })).rejects.toMatchObject({
      code: 'invalid_input',
    })
  })

  test('a token that nobody gives is unauthenticated, and nothing was sent', async () => {
    const before = process.env['AZURE_FEDERATED_TOKEN_FILE']
    await using peer = await server(succeed)
    const credentials = {
      kind: 'workloadIdentity',
      tenantId: 't',
      clientId: 'c',
      tokenFile: '/does/not/exist',
    } as const
    const context = openContext({ tls: { insecure: 'plaintext' } })
    const failed = await send({ endpoint: peer.url.replace('127.0.0.1', 'localhost'), credentials }, context).catch(
      () => 'thrown',
    )
    expect(failed === 'thrown' || (failed as ErrorFacts).applied === 'no').toBe(true)
    expect(peer.requests).toHaveLength(0)
    expect(process.env['AZURE_FEDERATED_TOKEN_FILE']).toBe(before)
  })
})

describe('failures', () => {
  const cases: [code: string, status: number, facts: Partial<ErrorFacts>][] = [
    ['AuthenticationFailed', 403, { code: 'unauthenticated', applied: 'no' }],
    ['AuthorizationPermissionMismatch', 403, { code: 'permission_denied', applied: 'no' }],
    ['ResourceNotFound', 404, { code: 'not_found', applied: 'no' }],
    ['ConditionNotMet', 412, { code: 'conflict', applied: 'no' }],
    ['ServerBusy', 503, { code: 'rate_limited', applied: 'no', transient: true, overload: true }],
    ['OperationTimedOut', 500, { code: 'timeout', applied: 'maybe', transient: true }],
    ['InternalError', 500, { code: 'unavailable', applied: 'maybe', transient: true }],
    ['NobodyKnows', 400, { code: 'invalid_input', applied: 'no', transient: false }],
    ['NobodyKnows', 503, { code: 'unavailable', applied: 'maybe', overload: true }],
  ]

  test.each(cases)('%s with %i is what it is, and not repeated', async (code, status, facts) => {
    await using peer = await server(failWith(code, status, { 'retry-after': '3' }))
    expect(await send(byKey(peer.url))).toMatchObject({
      ...facts,
      status,
      requestId: 'r-1',
      vendorCode: code,
      retryAfterMs: 3_000,
      message: expect.stringMatching(new RegExp(`^Azure Queue Storage: ${code} it is\\.( [A-Z].*)?$`)),
    })
    expect(peer.requests).toHaveLength(1)
  })

  test('a redirect is not followed', async () => {
    await using peer = await server((_, response) => response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end())
    expect(await send(byKey(peer.url))).toMatchObject({ status: 307 })
    expect(peer.requests).toHaveLength(1)
  })

  test('a server that is not there was never asked', async () => {
    expect(await send(byKey('http://127.0.0.1:9/devaccount'))).toMatchObject({ code: 'unavailable', applied: 'no' })
  })

  test('silence ends by readMs, with an outcome that is open', async () => {
    await using peer = await server(() => undefined)
    const timeouts = { connectMs: 1_000, readMs: 100, writeMs: 1_000 }
    expect(await send(byKey(peer.url), openContext({ timeouts }))).toMatchObject({ code: 'timeout', applied: 'maybe' })
  })

  test('a connection that was cut leaves the outcome open', async () => {
    await using peer = await server((request) => request.socket.destroy())
    expect(await send(byKey(peer.url))).toMatchObject({ code: 'unavailable', applied: 'maybe', transient: true })
  })

  test('what is no error of Azure is left to others', () => {
    expect(azureErrorFacts(new Error('something else'), 'Azure')).toBeUndefined()
  })
})

describe('transport', () => {
  test('nothing goes unencrypted to another machine', async () => {
    await expect(send(byKey('http://192.0.2.1/devaccount'))).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('a certificate is verified against tls.ca and tls.serverName', async () => {
    const authority = createAuthority('test authority')
    await using peer = await server(succeed, createCertificate(authority, { names: ['queue.test'] }))
    expect(await send(byKey(peer.url))).toMatchObject({ code: 'unavailable', applied: 'no', transient: false })
    const tls = { ca: authority.cert, serverName: 'queue.test' }
    expect(await send(byKey(peer.url), openContext({ tls }))).toBeUndefined()
  })
})
