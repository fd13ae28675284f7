import { afterEach, describe, expect, test } from '@jest/globals'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { postgresql } from '../src/index.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
const connect = (config: Parameters<typeof postgresql>[0]) => {
  const db = postgresql(config)
  open.push(db)
  return db
}
/** Opening goes nowhere before the settings are understood. */
const opening = (config: Parameters<typeof postgresql>[0]) => connect({ ...config, resilience: false }).$.open()

describe('settings', () => {
  test.each([
    {},
    { url: 'postgresql://localhost/a', host: 'localhost' },
    { url: 'postgresql://localhost/a', user: 'somebody' },
    { url: 'postgresql://localhost/a', port: 5432 },
    { host: 'localhost', sslMode: 'no-verify' as never },
    { host: 'localhost', port: 0 },
  ])('refused at the line that made them: %j', (config) => {
    expect(() => postgresql(config)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  test.each([
    'mysql://localhost/a',
    'not a url',
    'postgresql:///a',
    'postgresql://localhost/a?sslkey=/etc/passwd',
    'postgresql://localhost/a?sslrootcert=/x&sslmode=require',
    'postgresql://localhost/a?sslcert=x',
    'postgresql://localhost/a?host=elsewhere',
    'postgresql://localhost/a?options=-c%20x',
    'postgresql://db.example/a?sslmode=prefer',
    'postgresql://db.example/a?sslmode=allow',
    'postgresql://db.example/a?sslmode=no-verify',
    'postgresql://db.example/a?sslmode=verify-ca',
    'postgresql://localhost/a%zz',
    'postgresql://user:%zz-and-more@localhost/a',
    'postgresql://db.example/a?sslmode=disable',
  ])('refused before anything is sent: %s', async (url) => {
    const secret = 'a-long-password'
    const withPassword = url.includes('@') ? url : url.replace('://', `://user:${secret}@`)
    await expect(opening({ url: withPassword })).rejects.toMatchObject({
      code: 'invalid_input',
      applied: 'no',
      message: expect.not.stringContaining(secret),
    })
  })
})

await describeWithPeer('postgresql', {}, (server) => {
  const url = (change: (url: URL) => void): { url: string } => {
    const changed = new URL(server().url)
    change(changed)
    return { url: changed.href }
  }

  test('a wrong password or role, a database that is not there: one clear error each', async () => {
    await expect(opening(url((one) => (one.password = 'wrong-password')))).rejects.toMatchObject({
      code: 'unauthenticated',
      applied: 'no',
      vendorCode: '28P01',
      message: expect.not.stringContaining('wrong-password'),
    })
    await expect(opening(url((one) => (one.password = '')))).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(opening(url((one) => (one.username = 'nobody')))).rejects.toMatchObject({ code: 'unauthenticated' })
    await expect(opening(url((one) => (one.pathname = '/nowhere')))).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('"nowhere"'),
    })
  })

  test('by parts, with a name of its own and a search path', async () => {
    const { hostname, port, username, password } = new URL(server().url)
    const db = connect({
      host: hostname,
      port: Number(port),
      user: username,
      database: 'postgres',
      ...(password === '' ? {} : { password }),
      applicationName: 'orders "sync"',
      searchPath: ['a schema', 'pg_catalog'],
    })
    const { rows } = await db.query({
      text: "select current_setting('application_name') as name, current_setting('search_path') as path",
    })
    expect(rows).toEqual([{ name: 'orders "sync"', path: '"a schema","pg_catalog"' }])
  })

  test('nothing of the environment is read', async () => {
    const before = { ...process.env }
    Object.assign(process.env, { PGUSER: 'nobody', PGDATABASE: 'nowhere', PGSSLMODE: 'require', PGOPTIONS: '-c x=y' })
    Object.assign(process.env, { PGAPPNAME: 'somebody else', PGPASSWORD: 'wrong' })
    try {
      const { rows } = await connect({ url: server().url }).query({ text: 'show application_name' })
      expect(rows).toEqual([{ application_name: 'casare' }])
    } finally {
      process.env = before
    }
  })
})

await describeWithPeer('postgresql', { tls: true }, (server) => {
  test("a server's own TLS: verified, and without its authority refused", async () => {
    const { hostname, port, username, password } = new URL(server().url)
    const address = { host: hostname, port: Number(port), user: username, password, sslMode: 'verify-full' } as const
    const db = connect({ ...address, tls: { ca: server().ca ?? '' } })
    const { rows } = await db.query({
      text: 'select ssl, version from pg_stat_ssl where pid = pg_backend_pid()',
    })
    expect(rows).toEqual([{ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) }])
    const controller = new AbortController()
    const sleeping = db.query({ text: 'select pg_sleep(60)' }, { signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    await expect(sleeping).rejects.toMatchObject({ code: 'cancelled' })
    await expect(opening(address)).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
    await expect(
      opening({ ...address, tls: { ca: server().ca ?? '', serverName: 'other.example' } }),
    ).rejects.toMatchObject({ code: 'unavailable', applied: 'no' })
  })
})
