import { afterEach, describe, expect, test } from '@jest/globals'
import { clientFor, closeAll, contextWith, failureOf, redactor, serve } from './support/servers.ts'

afterEach(closeAll)

async function answering(status: number, body = '', headers: Record<string, string> = {}) {
  return clientFor(await serve((_request, response) => void response.writeHead(status, headers).end(body)))
}

describe('status to error', () => {
  test.each([
    [400, 'invalid_input', 'no', false],
    [401, 'unauthenticated', 'no', false],
    [403, 'permission_denied', 'no', false],
    [404, 'not_found', 'no', false],
    [405, 'unsupported', 'no', false],
    [408, 'timeout', 'no', true],
    [409, 'conflict', 'no', false],
    [412, 'conflict', 'no', false],
    [418, 'invalid_input', 'no', false],
    [429, 'rate_limited', 'no', true],
    [500, 'internal', 'maybe', true],
    [501, 'unsupported', 'no', false],
    [502, 'unavailable', 'maybe', true],
    [503, 'unavailable', 'maybe', true],
    [504, 'timeout', 'maybe', true],
    [599, 'unavailable', 'maybe', true],
    [304, 'internal', 'maybe', false],
  ])('%i is %s, applied %s', async (status, code, applied, transient) => {
    const error = await failureOf((await answering(status)).request({ path: '/', expect: 'json' }, contextWith()))
    expect([error.code, error.applied, error.transient, error.status]).toEqual([code, applied, transient, status])
    expect(error.overload).toBe(status === 429 || status === 503)
  })

  test('statuses that are ok for a call', async () => {
    const client = await answering(404)
    const answer = await client.request({ path: '/', expect: 'json', okStatuses: [200, 404] }, contextWith())
    expect([answer.status, answer.body]).toEqual([404, undefined])
  })

  test.each([
    ['{"error":{"code":"quota","message":"no more"}}', 'no more', 'quota'],
    ['{"errors":[{"code":"bad","detail":"this field"}]}', 'this field', 'bad'],
    ['{"title":"Conflict","type":"https://x/y"}', 'Conflict', 'https://x/y'],
    ['{"error":"invalid_grant","error_description":"expired"}', 'expired', 'invalid_grant'],
    ['plain words', '"plain words"', undefined],
  ])('what the body says: %s', async (body, message, vendorCode) => {
    const error = await failureOf((await answering(400, body)).request({ path: '/', expect: 'json' }, contextWith()))
    expect([error.message.endsWith(`: ${message}`), error.vendorCode]).toEqual([true, vendorCode])
  })

  test('hints, request id, and at most an excerpt without secrets', async () => {
    redactor.add('very-secret-value')
    const body = `very-secret-value ${'y'.repeat(1_000_000)}`
    const client = await answering(429, body, { 'retry-after': '7', 'x-request-id': 'r-1' })
    const error = await failureOf(client.request({ path: '/a?token=b', expect: 'json' }, contextWith()))
    expect([error.retryAfterMs, error.requestId, error.overload]).toEqual([7_000, 'r-1', true])
    expect(error.message.length).toBeLessThan(400)
    expect(error.message).not.toMatch(/very-secret|token=b/)
  })

  test("a vendor's own reading wins", async () => {
    const origin = await serve((_request, response) => void response.writeHead(400).end('{"kind":"Dup"}'))
    const client = clientFor(origin, {
      readError: ({ body }) => ({
        code: 'already_exists',
        vendorCode: (body as { kind: string }).kind,
        message: 'there',
      }),
    })
    const error = await failureOf(client.request({ path: '/', expect: 'json' }, contextWith()))
    expect([error.code, error.vendorCode, error.message.endsWith(': there')]).toEqual(['already_exists', 'Dup', true])
  })
})

describe('an answer that is not what was expected', () => {
  test('HTML with 200 is one clear error', async () => {
    const client = await answering(200, '<!doctype html><title>Please\n log in</title><p>secret words', {
      'content-type': 'text/html',
    })
    const error = await failureOf(client.request({ path: '/', expect: 'json' }, contextWith({ effect: 'read' })))
    expect([error.code, error.transient, error.status]).toEqual(['internal', false, 200])
    expect(error.message).toContain('expected JSON and got an HTML page titled "Please log in"')
    expect(error.message).not.toMatch(/secret words|Unexpected token/)
  })

  test('broken JSON shows an excerpt only', async () => {
    const client = await answering(200, `{"a": ${'x'.repeat(10_000)}`)
    const error = await failureOf(client.request({ path: '/', expect: 'json' }, contextWith({ effect: 'read' })))
    expect([error.code, error.message.length < 350]).toEqual(['internal', true])
  })

  test('a mark at the beginning and another charset are no obstacle', async () => {
    expect(
      (await (await answering(200, '\ufeff{"a":1}')).request({ path: '/', expect: 'json' }, contextWith())).body,
    ).toEqual({ a: 1 })
    const origin = await serve((_request, response) => {
      response.setHeader('content-type', 'text/plain; charset=iso-8859-1')
      response.end(Buffer.from([0x5a, 0x6f, 0xeb]))
    })
    expect((await clientFor(origin).request({ path: '/', expect: 'text' }, contextWith())).body).toBe('Zoë')
  })
})

describe('how long to wait', () => {
  test.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': 'Thu, 01 Jan 2026 01:00:30 GMT', date: 'Thu, 01 Jan 2026 01:00:00 GMT' }, 30_000],
    [{ ratelimit: '"default";r=0;t=12' }, 12_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '60' }, 60_000],
    [{}, undefined],
  ])('%j is %p', async (headers, expected) => {
    const client = await answering(429, '', headers)
    expect((await failureOf(client.request({ path: '/', expect: 'none' }, contextWith()))).retryAfterMs).toBe(expected)
  })
})
