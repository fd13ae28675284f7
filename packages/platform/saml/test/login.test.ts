import { expect, test } from '@jest/globals'
import { inspect } from 'node:util'
import { Redactor } from '@casare/core'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { formOf } from './browser.ts'
import { provide } from './support.ts'

await describeWithPeer('simplesamlphp', {}, (peer) => {
  test('a login by redirect: request signed, response checked, attributes mapped', async () => {
    const redactor = new Redactor()
    const { login, logIn, options } = await provide(peer().url, {
      redactor,
      attributes: { email: 'email', groups: { name: 'groups', list: true }, phone: 'telephoneNumber' },
    })
    const { url, requestId } = await login.loginUrl({ relayState: '/flows?a=1&b=(x) y' })
    const posted = await logIn(url)
    const identity = await login.finish(posted, { requestId })
    expect(identity).toMatchObject({
      nameId: 'alice@example.org',
      nameIdFormat: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
      sessionIndex: expect.stringMatching(/^_/),
      attributes: { email: 'alice@example.org', groups: ['staff', 'admins'], phone: undefined },
      issuer: options.identityProvider.entityId,
      relayState: '/flows?a=1&b=(x) y',
      requestId,
    })
    expect(identity.assertion.reveal()).toContain('alice@example.org')
    expect(inspect(identity)).not.toContain('<saml:')
    expect(redactor.text(identity.assertion.reveal())).toBe('[secret]')
  })

  test('a login by POST form', async () => {
    const { login, browser } = await provide(peer().url)
    const { html, requestId, scriptHash } = await login.loginForm({ relayState: '"><b>é' })
    expect(html).not.toContain('"><b>')
    expect(scriptHash).toMatch(/^'sha256-.{44}'$/)
    const visitor = browser()
    const { action, fields } = formOf(html)
    const { username, password } = new URL(peer().url)
    const page = await visitor.submit(await visitor.go(action, fields), { username, password })
    const posted = formOf(page.html).fields as { SAMLResponse: string }
    await expect(login.finish(posted, { requestId })).resolves.toMatchObject({
      nameId: 'alice@example.org',
      relayState: '"><b>é',
    })
  })

  test('names that careless readers fall over come through as they are', async () => {
    const { login, logIn } = await provide(peer().url)
    const { attributes } = await login.finish(await logIn((await login.loginUrl()).url, 'zoe'))
    expect(attributes['displayName']).toEqual(['Zoë <b>&amp;</b> "Q" ]]> 🚀'])
    expect(Object.getPrototypeOf(attributes)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(attributes, '__proto__')?.value).toEqual(['polluted'])
  })
})
