import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import passport from 'passport'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { createSamlLogin, samlStrategy, type SamlStrategyOptions } from '../src/index.ts'
import { provide, type Posted } from './support.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A site whose `/login` and `/acs` are Passport's, with sessions by cookie. */
async function site(strategy: passport.Strategy, options = {}): Promise<string> {
  const authenticator = new passport.Passport()
  authenticator.use(strategy)
  const handle = authenticator.authenticate('saml', { session: false, ...options }) as (
    request: object,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void
  const sessions = new Map<string, object>()
  const server = createServer((request, response) => void serve(request, response))
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fields = new URLSearchParams(Buffer.concat(chunks).toString())
    const id = /sid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomBytes(8).toString('hex')
    const session = sessions.get(id) ?? {}
    sessions.set(id, session)
    response.setHeader('set-cookie', `sid=${id}`)
    const entries = [...new Set(fields.keys())].map((name) => {
      const all = fields.getAll(name)
      return [name, all.length === 1 ? all[0] : all]
    })
    const body = request.method === 'POST' ? Object.fromEntries(entries) : undefined
    const asked = Object.assign(request, { body, session, user: undefined, authInfo: undefined })
    handle(asked, response, (error) => {
      response.statusCode = error === undefined ? 200 : 500
      response.end(error === undefined ? JSON.stringify([asked.user, asked.authInfo]) : 'failed')
    })
  }
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

await describeWithPeer('simplesamlphp', {}, (peer) => {
  async function visit(
    strategyOptions: SamlStrategyOptions = {},
    authenticate: object = {},
  ): Promise<{
    begin(): Promise<{ readonly cookie: string; readonly posted: Posted }>
    end(posted: Posted | string, cookie?: string): Promise<{ readonly status: number; readonly text: string }>
  }> {
    const { login, logIn } = await provide(peer().url, { attributes: { email: 'email' } })
    const verify = ({ nameId, attributes }: { nameId: string; attributes: { email: string | undefined } }) =>
      nameId.startsWith('zoe') ? undefined : { name: nameId, email: attributes.email }
    const origin = await site(samlStrategy(login, verify, strategyOptions), authenticate)
    return {
      async begin() {
        const response = await fetch(`${origin}/login`, { redirect: 'manual' })
        const cookie = response.headers.get('set-cookie') ?? ''
        return { cookie, posted: await logIn(response.headers.get('location') ?? '') }
      },
      async end(posted, cookie = '') {
        const body = typeof posted === 'string' ? posted : new URLSearchParams({ ...posted })
        const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
        const response = await fetch(`${origin}/acs`, { method: 'POST', body, headers })
        return { status: response.status, text: await response.text() }
      },
    }
  }

  test('a login through Passport', async () => {
    const { begin, end } = await visit({}, { relayState: '/flows' })
    const { cookie, posted } = await begin()
    const { status, text } = await end(posted, cookie)
    expect([status, JSON.parse(text)]).toEqual([
      200,
      [{ name: 'alice@example.org', email: 'alice@example.org' }, { relayState: '/flows' }],
    ])
    expect((await end(posted, cookie)).status).toBe(401)
  })

  test('another browser than the one that asked', async () => {
    const { begin, end } = await visit()
    const [mine, theirs] = [await begin(), await begin()]
    expect((await end(theirs.posted, mine.cookie)).status).toBe(401)
    expect((await end(theirs.posted)).status).toBe(401)
    expect((await end(theirs.posted, theirs.cookie)).status).toBe(200)
    const open = await visit({ bindToSession: false })
    expect((await open.end((await open.begin()).posted)).status).toBe(200)
  })

  test('fields that come twice, or empty', async () => {
    const { begin, end } = await visit()
    const { cookie, posted } = await begin()
    const field = new URLSearchParams({ SAMLResponse: posted.SAMLResponse }).toString()
    expect((await end(`${field}&${field}`, cookie)).status).toBe(401)
    expect((await end('SAMLResponse=', cookie)).status).toBe(401)
  })
})

test('without a session, and with a cache that fails: errors, not refusals', async () => {
  const { keys } = await import('./support.ts')
  const { privateKey, certificate } = await keys()
  const login = createSamlLogin({
    entityId: 'urn:casare',
    callbackUrl: 'https://casare.example/acs',
    identityProvider: {
      entityId: 'urn:idp',
      certificates: [certificate],
      singleSignOn: { redirect: 'https://idp.example/sso' },
    },
    privateKey,
    certificate,
    cache: { put: () => Promise.reject(new Error('down')), take: () => Promise.reject(new Error('down')) },
  })
  const strategy = samlStrategy(login, () => ({}))
  const outcome = async (request: object): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const other = () => reject(new Error('Not an error.'))
      const actions = { error: resolve, fail: other, success: other, redirect: other }
      void Object.assign(Object.create(strategy) as typeof strategy, actions).authenticate(request)
    })
  expect(await outcome({})).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('session') })
  expect(await outcome({ session: {} })).toMatchObject({ code: 'unavailable' })
})
