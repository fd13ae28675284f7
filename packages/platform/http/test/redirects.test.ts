import { afterEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage } from 'node:http'
import { createAuthorizer } from '../src/index.ts'
import { clientFor, closeAll, contextWith, failureOf, redactor, serve } from './support/servers.ts'

afterEach(closeAll)

/** Answers with a redirect to `to`, and keeps what it was asked. */
async function redirecting(status: number, to: string) {
  const seen: IncomingMessage[] = []
  const origin = await serve((request, response) => {
    seen.push(request)
    if (request.url === '/from') response.writeHead(status, { location: to }).end()
    else response.end(JSON.stringify({ method: request.method }))
  })
  return { origin, seen }
}

describe('redirects', () => {
  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [302, 'PUT', 'PUT'],
    [303, 'PUT', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'PATCH', 'PATCH'],
    [303, 'HEAD', 'HEAD'],
  ])('%i turns %s into %s', async (status, method, then) => {
    const { origin, seen } = await redirecting(status, '/to?a=1')
    const body = method === 'HEAD' ? {} : { json: { a: 1 } }
    await clientFor(origin).request({ method, path: '/from', ...body, expect: 'none' }, contextWith())
    expect([seen[1]?.method, seen[1]?.url]).toEqual([then, '/to?a=1'])
    expect(seen[1]?.headers['content-type']).toBe(then === 'GET' || then === 'HEAD' ? undefined : 'application/json')
  })

  test('leave credentials, cookies and own headers behind when the origin changes', async () => {
    const target = await redirecting(200, '')
    const { origin } = await redirecting(302, `${target.origin}/to`)
    const authorizer = createAuthorizer({ kind: 'bearer', token: 'token-123456' }, redactor)
    const client = clientFor(origin, { authorizer, headers: { 'x-tenant': 'secret tenant' } })
    const headers = { cookie: 'session=1', 'accept-language': 'fr' }
    await client.request({ path: '/from', headers, expect: 'none' }, contextWith())
    const received = target.seen[0]?.headers ?? {}
    expect(received['accept-language']).toBe('fr')
    for (const name of ['authorization', 'cookie', 'x-tenant']) expect(received[name]).toBeUndefined()
  })

  test('keep them for an origin that is allowed', async () => {
    const target = await redirecting(200, '')
    const { origin } = await redirecting(302, `${target.origin}/to`)
    const authorizer = createAuthorizer({ kind: 'bearer', token: 'token-123456' }, redactor)
    await clientFor(origin, { authorizer, allowOrigins: [target.origin] }).request(
      { path: '/from', expect: 'none' },
      contextWith(),
    )
    expect(target.seen[0]?.headers.authorization).toBe('Bearer token-123456')
  })

  test('take no body to strangers', async () => {
    const target = await redirecting(200, '')
    const { origin } = await redirecting(307, `${target.origin}/to`)
    const error = await failureOf(
      clientFor(origin).request({ method: 'POST', path: '/from', json: { a: 1 }, expect: 'none' }, contextWith()),
    )
    expect([error.code, error.applied, target.seen.length]).toEqual(['internal', 'no', 0])
  })

  test('end at their maximum, and 0 makes each an error', async () => {
    const { origin, seen } = await redirecting(302, '/from')
    const endless = await failureOf(clientFor(origin).request({ path: '/from', expect: 'none' }, contextWith()))
    expect([endless.message.includes('more than 5 redirects'), seen.length]).toEqual([true, 6])
    const none = await failureOf(
      clientFor(origin, { maxRedirects: 0 }).request({ path: '/from', expect: 'none' }, contextWith()),
    )
    expect(none.status).toBe(302)
  })

  test.each(['ftp://127.0.0.1/x', 'http://me:pw@127.0.0.1/x', 'http://192.0.2.1/x'])(
    'are refused to %s',
    async (to) => {
      const { origin } = await redirecting(302, to)
      const error = await failureOf(clientFor(origin).request({ path: '/from', expect: 'none' }, contextWith()))
      expect(['internal', 'invalid_input']).toContain(error.code)
      expect(error.message).not.toContain('pw@')
    },
  )

  test('after 303 the effect may have happened, whatever comes then', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/from') response.writeHead(303, { location: '/gone' }).end()
      else response.writeHead(404).end()
    })
    const error = await failureOf(
      clientFor(origin).request({ method: 'POST', path: '/from', json: 1, expect: 'none' }, contextWith()),
    )
    expect([error.code, error.applied]).toEqual(['not_found', 'maybe'])
  })
})
