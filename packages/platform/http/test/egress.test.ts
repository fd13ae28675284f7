import { afterEach, describe, expect, test } from '@jest/globals'
import { EgressGuard } from '@casare/core'
import { Agents } from '../src/agents.ts'
import { readOptions } from '../src/http-options.ts'
import { clientFor, closeAll, contextWith, failureOf, redactor, serve } from './support/servers.ts'

afterEach(closeAll)

/** A guard for whom every name is on this machine, as a rebinding name server would have it. */
const rebinding = (allow: readonly string[]): EgressGuard =>
  new EgressGuard({ allow }, (_host, _options, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]))

describe('where requests may lead to', () => {
  test('a server of this machine is refused, and is not connected to', async () => {
    let requests = 0
    const origin = await serve((_request, response) => {
      requests += 1
      response.end('{}')
    })
    for (const base of [origin, origin.replace('127.0.0.1', 'localhost')]) {
      const error = await failureOf(
        clientFor(base, { egress: new EgressGuard() }).request({ expect: 'json' }, contextWith()),
      )
      expect(error).toMatchObject({ code: 'permission_denied', applied: 'no', vendorCode: 'EGRESS' })
    }
    expect(requests).toBe(0)
    const allowed = clientFor(origin, { egress: new EgressGuard({ allow: ['127.0.0.1'] }) })
    expect((await allowed.request({ expect: 'json' }, contextWith())).status).toBe(200)
  })

  test('a name is looked at once it is resolved', async () => {
    const origin = await serve((_request, response) => response.end('{}'))
    const base = origin.replace('127.0.0.1', 'rebinding.localhost')
    const error = await failureOf(
      clientFor(base, { egress: rebinding(['rebinding.localhost']) }).request({ expect: 'json' }, contextWith()),
    )
    expect(error).toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('rebinding.localhost (127.0.0.1) is refused: it is this machine'),
    })
    const allowed = clientFor(base, { egress: rebinding(['rebinding.localhost', '127.0.0.0/8']) })
    expect((await allowed.request({ expect: 'json' }, contextWith())).status).toBe(200)
  })

  test('a redirect to somewhere that is not allowed', async () => {
    let secrets = 0
    const inside = await serve((_request, response) => {
      secrets += 1
      response.end('{"secret":1}')
    })
    const origin = await serve((_request, response) =>
      response.writeHead(302, { location: inside.replace('127.0.0.1', '127.0.0.2') }).end(),
    )
    const egress = new EgressGuard({ allow: ['127.0.0.1'] })
    const error = await failureOf(clientFor(origin, { egress }).request({ expect: 'json' }, contextWith()))
    expect(error).toMatchObject({ code: 'permission_denied' })
    expect(secrets).toBe(0)
  })
})

describe('without rules', () => {
  const agents = (origin: string): Agents => new Agents(readOptions({ baseUrl: origin, redactor }), origin)

  test('our own address is the program’s affair; a stranger’s must be public', async () => {
    const ours = agents('https://api.example')
    expect(() => ours.for('https://10.0.0.1', true)).not.toThrow()
    for (const inside of [
      'https://10.0.0.1',
      'http://169.254.169.254',
      'https://[fd00::1]',
      'https://192.168.1.1:8443',
    ])
      expect(() => ours.for(inside, false)).toThrow(expect.objectContaining({ code: 'permission_denied' }))
    expect(() => ours.for('https://api.example:8443', false)).not.toThrow()
    expect(() => ours.for('https://8.8.8.8', false)).not.toThrow()
    await ours.close(new Error('closed'))
  })

  test('within a private network its other servers may be referred to, but never a metadata service', async () => {
    for (const origin of ['https://10.0.0.1', 'http://localhost:8080', 'http://[::1]:80']) {
      const ours = agents(origin)
      expect(() => ours.for('https://10.0.0.2', false)).not.toThrow()
      expect(() => ours.for('http://169.254.169.254', false)).toThrow(/metadata service/)
      await ours.close(new Error('closed'))
    }
  })
})
