import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import * as one from '../src/index.ts'
import { Shelf, shelf } from './support/shelf.ts'

/** A second copy of the package, as npm lays it out where two dependants want different versions. */
let two: typeof one
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-copy-'))
  await cp(new URL('../src', import.meta.url).pathname, join(folder, 'src'), { recursive: true })
  await symlink(new URL('../../../../node_modules', import.meta.url).pathname, join(folder, 'node_modules'))
  two = (await import(pathToFileURL(join(folder, 'src/index.ts')).href)) as typeof one
})
afterAll(async () => rm(folder, { recursive: true }))

test('they are two copies', () => {
  expect(two.ConnectorError).not.toBe(one.ConnectorError)
  expect(two.Secret).not.toBe(one.Secret)
})

test('errors, secrets, connectors and connections of one are recognised by the other', async () => {
  const error = new two.ConnectorError({ code: 'not_found', message: 'x' })
  expect(error instanceof one.ConnectorError).toBe(false)
  expect(one.ConnectorError.is(error, 'not_found')).toBe(true)
  expect(one.ConnectorError.is(error, 'conflict')).toBe(false)
  expect(one.Secret.is(new two.Secret('x'))).toBe(true)
  expect(two.isConnector(shelf)).toBe(true)
  const connection = shelf({})
  expect(two.isConnection(connection)).toBe(true)
  expect(two.specOf(connection).name).toBe('shelf')
  await connection.close()
})

test("a connector thrown by one copy's error keeps its facts in the other's runtime; its secrets are taken as config", async () => {
  const client = new Shelf()
  client.failures = [new two.ConnectorError({ code: 'rate_limited', message: 'slow down', retryAfterMs: 1 })]
  const connection = shelf({
    shelf: client,
    password: new two.Secret('from the other copy'),
    resilience: { retry: { baseMs: 1, overloadBaseMs: 1 } },
  })
  await expect(connection.put({ name: 'a', text: 'b' })).resolves.toEqual({ ok: true })
  expect(client.log).toHaveLength(2)
  const shared = two.connections({ shelf: () => connection })
  await shared.use('shelf', async (lent) => lent.put({ name: 'c', text: 'd' }))
  await shared.close()
})
