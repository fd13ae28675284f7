import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Shelf, shelf } from './support/shelf.ts'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'casare-test-')))
})
afterAll(async () => rm(folder, { recursive: true }))

function connect() {
  return shelf({ shelf: new Shelf(), files: { roots: [folder], spool: join(folder, 'spool') } })
}

test('$.execute answers and never throws', async () => {
  await using connection = connect()
  expect(await connection.$.execute('put', { name: 'a', text: 'x' })).toEqual({
    success: true,
    output: { ok: true },
    attempts: 1,
  })
  expect(await connection.$.execute('put', { name: 'a' })).toMatchObject({
    success: false,
    error: { code: 'invalid_input', connector: 'shelf', operation: 'put', applied: 'no' },
  })
  expect(await connection.$.execute('putt', {})).toMatchObject({
    success: false,
    error: { code: 'unsupported', message: expect.stringContaining('"put"') },
  })
  expect(await connection.$.execute('put', undefined)).toMatchObject({ success: false })
  expect(await connection.$.execute('get', { name: 'nobody' })).toMatchObject({
    success: false,
    error: { code: 'not_found' },
    attempts: 1,
  })
})

test('bytes, big integers and times become tagged JSON; JSON forms of bodies go in', async () => {
  await using connection = connect()
  for (const content of [{ text: 'grüße' }, { base64: Buffer.from('grüße').toString('base64') }]) {
    expect(await connection.$.execute('send', { content })).toEqual({
      success: true,
      output: {
        bytes: { $bytes: Buffer.from('grüße').toString('base64') },
        big: { $bigint: '9007199254740993' },
        when: '1970-01-01T00:00:00.000Z',
      },
      attempts: 1,
    })
  }
})

test('over 1 MiB goes to a file with its hash', async () => {
  await using connection = connect()
  const large = Buffer.alloc(1_500_000, 'x')
  const result = await connection.$.execute('send', { content: { base64: large.toString('base64') } })
  if (!result.success) throw new Error('failed')
  const { bytes } = result.output as { bytes: { file: string; sha256: string; bytes: number } }
  expect(bytes.bytes).toBe(large.length)
  expect(bytes.sha256).toBe(createHash('sha256').update(large).digest('hex'))
  expect((await readFile(bytes.file)).equals(large)).toBe(true)
})

test('{ file } only below the roots, links resolved', async () => {
  await using connection = connect()
  await writeFile(join(folder, 'inside.txt'), 'inside')
  await symlink('/etc/hostname', join(folder, 'link'))
  expect(await connection.$.execute('send', { content: { file: 'inside.txt' } })).toMatchObject({ success: true })
  for (const file of ['link', '../../etc/hostname', '/etc/hostname', '.', 'nobody'])
    expect(await connection.$.execute('send', { content: { file } })).toMatchObject({
      success: false,
      error: { code: 'invalid_input' },
    })
  await using without = shelf({ shelf: new Shelf() })
  expect(await without.$.execute('send', { content: { file: join(folder, 'inside.txt') } })).toMatchObject({
    success: false,
    error: { message: expect.stringContaining('files.roots') },
  })
})

test('secrets leave as handles that are good as inputs only', async () => {
  await using connection = connect()
  const first = await connection.$.execute('token', {})
  if (!first.success) throw new Error('failed')
  const { token } = first.output as { token: { $secret: string } }
  expect(JSON.stringify(first)).not.toContain('token-of-the-shelf')
  expect(await connection.$.execute('token', { use: token })).toMatchObject({
    success: true,
    output: { used: 'token-of-the-shelf' },
  })
  expect(await connection.$.execute('token', { use: { $secret: 'made-up' } })).toMatchObject({
    success: false,
    error: { code: 'invalid_input' },
  })
  await using other = connect()
  expect(await other.$.execute('token', { use: token })).toMatchObject({ success: false })
  expect(await connection.$.execute('token', {}, { revealSecrets: true })).toMatchObject({
    output: { token: 'token-of-the-shelf' },
  })
})

test('a description is plain data with the worst effect, and marks secrets', () => {
  const description = shelf.describe()
  expect(JSON.parse(JSON.stringify(description))).toEqual(description)
  expect(description.operations['wait']).toMatchObject({ effect: 'unsafe', effectDepends: true })
  expect(description.operations['put']).toMatchObject({ effect: 'idempotent', effectDepends: false })
  expect(description.config).toMatchObject({
    properties: { password: { type: 'string', secret: true }, timeouts: { type: 'object' } },
  })
  expect(description.streams['items']).toMatchObject({
    read: { identified: true },
    listen: {},
    write: { atomic: true, effect: 'keyed' },
  })
})

test('a stream that was handed over is read once, whoever opens it again; a function may be called again', async () => {
  await using connection = connect()
  async function* chunks(): AsyncIterable<Uint8Array> {
    yield Buffer.from('x')
  }
  const stream = chunks()
  await expect(connection.send({ content: stream })).resolves.toMatchObject({ bytes: Buffer.from('x') })
  await expect(connection.send({ content: stream })).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('consumed'),
  })
  for (let i = 0; i < 2; i += 1)
    await expect(connection.send({ content: chunks })).resolves.toMatchObject({ bytes: Buffer.from('x') })
})
