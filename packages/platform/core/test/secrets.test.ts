import { inspect } from 'node:util'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { z } from 'zod'
import {
  basicSecretProviders,
  ConnectorError,
  defineConnector,
  fromEnv,
  fromFile,
  operation,
  parseSecretReference,
  Redactor,
  resolveReferences,
  schema,
  scrub,
  Secret,
} from '../src/index.ts'
import { secret } from '../src/zod/index.ts'
import { shelf } from './support/shelf.ts'

const canary = 'c4n4ry & "söcret"/+='
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-secrets-'))
})
afterAll(async () => rm(folder, { recursive: true }))

describe('a Secret', () => {
  test('never prints', () => {
    const value = new Secret(canary)
    expect(
      `${value} ${String(value)} ${JSON.stringify({ value })} ${inspect({ value }, { depth: 9, showHidden: true })}`,
    ).not.toContain('c4n4ry')
    expect(value.reveal()).toBe(canary)
    expect(Secret.is(value)).toBe(true)
  })

  test('from the environment and from files: read anew at each use, missing ones fail at once', async () => {
    process.env['CASARE_TEST_SECRET'] = 'one'
    const fromEnvironment = fromEnv('CASARE_TEST_SECRET')
    process.env['CASARE_TEST_SECRET'] = 'two'
    expect(fromEnvironment.reveal()).toBe('two')
    delete process.env['CASARE_TEST_SECRET']
    expect(() => fromEnv('CASARE_TEST_SECRET')).toThrow(/CASARE_TEST_SECRET is not set/)
    const path = join(folder, 'secret.txt')
    await writeFile(path, 'first\n')
    const fromDisk = fromFile(path)
    await writeFile(path, 'second\r\n')
    expect(fromDisk.reveal()).toBe('second')
    expect(() => fromFile(join(folder, 'nobody'))).toThrow(/cannot be read/)
    await writeFile(join(folder, 'empty'), '\n')
    expect(() => fromFile(join(folder, 'empty'))).toThrow(/empty/)
  })
})

describe('redaction', () => {
  const encodings: Record<string, (text: string) => string> = {
    plain: (text) => text,
    base64: (text) => Buffer.from(text).toString('base64'),
    base64url: (text) => Buffer.from(text).toString('base64url'),
    'URL component': (text) => encodeURIComponent(text),
    'form component': (text) => new URLSearchParams({ x: text }).toString().slice(2),
    JSON: (text) => JSON.stringify(text).slice(1, -1),
    'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
    hex: (text) => Buffer.from(text).toString('hex'),
    'base64 in the middle of more': (text) => Buffer.from(`user:${text}:more`).toString('base64'),
    'HTML escaped': (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
  }
  test.each(Object.entries(encodings))('%s', (_name, encode) => {
    const redactor = new Redactor()
    redactor.add(canary)
    const encoded = encode(canary)
    const clean = redactor.text(`before ${encoded} after`)
    expect(clean).toContain('[secret]')
    for (let start = 0; start + 12 <= encoded.length; start += 4)
      expect(clean).not.toContain(encoded.slice(start, start + 12))
  })

  test('Basic headers, and values across chunk borders', () => {
    const redactor = new Redactor()
    redactor.addBasic('user', canary)
    expect(redactor.text(`Basic ${Buffer.from(`user:${canary}`).toString('base64')}`)).toBe('Basic [secret]')
    for (let cut = 1; cut < canary.length; cut += 1) {
      const stream = redactor.stream()
      const text = stream.push(`a ${canary.slice(0, cut)}`) + stream.push(`${canary.slice(cut)} b`) + stream.end()
      expect(text).toBe('a [secret] b')
    }
  })

  test('short values are not redacted by value, and the oldest of very many go', () => {
    const redactor = new Redactor()
    redactor.add('short')
    expect(redactor.text('a short text')).toBe('a short text')
    for (let index = 0; index < 600; index += 1) redactor.add(`run-time-token-${index}`)
    expect(redactor.text('run-time-token-599')).toBe('[secret]')
    expect(redactor.text('run-time-token-0')).toBe('run-time-token-0')
  })

  test('errors with causes, aggregates, vendor fields, secret field names, live objects', () => {
    const redactor = new Redactor()
    redactor.add(canary)
    const inner = Object.assign(new Error(`bad ${canary}`), {
      config: { headers: { Authorization: 'tiny', 'X-Trace': canary }, password: 'pw' },
      socket: new Map([[canary, canary]]),
      list: [canary, { deep: canary }],
    })
    const outer = new AggregateError([inner, new Error(canary)], `outer ${canary}`, { cause: inner })
    const clean = scrub(outer, redactor)
    expect(clean).toBe(outer)
    const printed = inspect(clean, { depth: 20, showHidden: true })
    expect(printed).not.toContain('c4n4ry')
    expect(inner.config.headers.Authorization).toBe('[secret]')
    expect(inner.config.password).toBe('[secret]')
    expect(inner.socket).toBeUndefined()
  })

  test('circular and very deep errors end', () => {
    const error: Error & { self?: unknown } = new Error('x')
    error.self = error
    let deep: Record<string, unknown> = {}
    for (let i = 0; i < 100; i += 1) deep = { deep }
    expect(() => scrub(Object.assign(error, { deep }), new Redactor())).not.toThrow()
  })

  test('nothing of a config, and nothing that arrives at run time, leaves in errors, logs or descriptions', async () => {
    const lines: unknown[] = []
    const leaky = defineConnector({
      name: 'leaky',
      title: 'Leaky',
      category: 'other',
      contractVersion: 1,
      config: schema(z.strictObject({ url: secret() })),
      open: ({ url }) => url.reveal(),
      toError: () => undefined,
      operations: {
        fail: operation({
          description: 'Fails.',
          effect: 'read',
          input: z.strictObject({}),
          output: z.object({}),
          run(client: string, _input, { redactor, note }) {
            redactor.add('token-of-run-time')
            note({ path: '/x?key=token-of-run-time' })
            throw Object.assign(new Error(`connect ${client} with token-of-run-time`), {
              request: { url: client, password: 'x' },
            })
          },
        }),
      },
    })
    const connection = leaky({
      url: `http://user:pass-word-1@host/`,
      log: (line) => lines.push(line),
      resilience: { retry: false },
    })
    const error: unknown = await connection.fail().catch((failure: unknown) => failure)
    const everything =
      inspect([error, lines, leaky.describe(), connection], { depth: 20, showHidden: true }) +
      JSON.stringify([error, lines])
    expect(ConnectorError.is(error, 'internal')).toBe(true)
    for (const hidden of ['pass-word-1', 'token-of-run-time']) expect(everything).not.toContain(hidden)
    await connection.close()
  })
})

describe('references', () => {
  const config = {
    baseUrl: 'x',
    auth: { kind: 'key', key: 'secret://env/CASARE_TEST_KEY' },
    list: [{ token: 'secret://env/CASARE_TEST_KEY' }],
  }
  const jsonSchema = {
    type: 'object',
    properties: {
      baseUrl: { type: 'string' },
      auth: {
        anyOf: [
          { properties: { kind: { const: 'none' } } },
          { properties: { kind: { const: 'key' }, key: { type: 'string', secret: true } } },
        ],
      },
      list: { type: 'array', items: { type: 'object', properties: { token: { secret: true } } } },
    },
  }

  test('become secrets where the schema says so; plain text there, and references elsewhere, are refused', async () => {
    process.env['CASARE_TEST_KEY'] = 'the key itself'
    const { config: resolved, problems } = await resolveReferences(config, jsonSchema, basicSecretProviders())
    expect(problems).toEqual([])
    expect((resolved as typeof config & { auth: { key: Secret } }).auth.key.reveal()).toBe('the key itself')
    const plain = await resolveReferences(
      { auth: { kind: 'key', key: 'plain text' } },
      jsonSchema,
      basicSecretProviders(),
    )
    expect(plain.problems).toMatchObject([
      { path: ['auth', 'key'], error: { code: 'invalid_input', message: expect.stringContaining('plain text') } },
    ])
    expect(JSON.stringify(plain)).not.toContain('"plain text"')
    const misplaced = await resolveReferences(
      { baseUrl: 'secret://env/CASARE_TEST_KEY' },
      jsonSchema,
      basicSecretProviders(),
    )
    expect(misplaced.problems).toMatchObject([{ path: ['baseUrl'] }])
    delete process.env['CASARE_TEST_KEY']
    const missing = await resolveReferences(config, jsonSchema, basicSecretProviders())
    expect(missing.problems).toHaveLength(2)
    const unknown = await resolveReferences({ auth: { key: 'secret://vault/x#y' } }, jsonSchema, basicSecretProviders())
    expect(unknown.problems[0]?.error.message).toContain('no provider of secrets "vault"')
  })

  test('files only below declared folders, links resolved', async () => {
    await writeFile(join(folder, 'key'), 'inside')
    await symlink('/etc/hostname', join(folder, 'link'))
    const { file } = basicSecretProviders({ folders: [folder] })
    expect(
      (
        await file?.(parseSecretReference(`secret://file/${join(folder, 'key').slice(1)}`.replace('file/', 'file//')))
      )?.reveal(),
    ).toBe('inside')
    await expect(async () => file?.(parseSecretReference(`secret://file/${folder}/link`))).rejects.toMatchObject({
      code: 'permission_denied',
    })
    await expect(async () => file?.(parseSecretReference('secret://file//etc/hostname'))).rejects.toMatchObject({
      code: 'permission_denied',
    })
    await expect(async () =>
      basicSecretProviders().file?.(parseSecretReference(`secret://file/${folder}/key`)),
    ).rejects.toMatchObject({ code: 'invalid_input' })
    expect(() => parseSecretReference('secret://nothing')).toThrow(/is not a reference/)
  })
})

test('a password in a config is known to the redactor of its connection only', async () => {
  const lines: string[] = []
  const one = shelf({ password: 'hunter2hunter2', log: (line) => lines.push(JSON.stringify(line)) })
  await one.put({ name: 'hunter2hunter2', text: '' })
  expect(lines.join()).not.toContain('hunter2')
  await one.close()
})

describe('the edges', () => {
  test('an environment variable that is there but empty is refused', () => {
    process.env['CASARE_TEST_EMPTY'] = ''
    expect(() => fromEnv('CASARE_TEST_EMPTY')).toThrow(/is not set/)
    delete process.env['CASARE_TEST_EMPTY']
  })

  test('a secret file: 64 KiB and no more; only its last line break goes', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(65_536))
    expect(fromFile(join(folder, 'large')).reveal()).toHaveLength(65_536)
    await writeFile(join(folder, 'large'), 'x'.repeat(65_537))
    expect(() => fromFile(join(folder, 'large'))).toThrow(/larger than 65536 bytes/)
    await writeFile(join(folder, 'lines'), 'one\ntwo\n\n')
    expect(fromFile(join(folder, 'lines')).reveal()).toBe('one\ntwo\n')
    expect(() => fromFile(folder)).toThrow(/cannot be read: EISDIR/)
  })

  test('a reference: provider, path and field, or nothing', () => {
    expect(parseSecretReference('secret://vault/a/b c#d#e')).toEqual({
      provider: 'vault',
      path: 'a/b c',
      field: 'd#e',
      text: 'secret://vault/a/b c#d#e',
    })
    expect(parseSecretReference('secret://env/A').field).toBeUndefined()
    const bad = [
      'secret:///a',
      'secret://Env/a',
      'secret://env/',
      'secret://env/#f',
      'secret://env/a#',
      ' secret://env/a',
    ]
    const long = [
      `secret://${'a'.repeat(65)}/x`,
      `secret://env/${'a'.repeat(1025)}`,
      `secret://env/a#${'f'.repeat(257)}`,
    ]
    for (const text of [...bad, ...long]) expect(() => parseSecretReference(text)).toThrow(/is not a reference/)
  })

  test('a file that is not there, and a folder that is not there', async () => {
    const { file } = basicSecretProviders({ folders: [folder, join(folder, 'nowhere')], base: folder })
    await expect(async () => file?.(parseSecretReference('secret://file/nobody'))).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(async () => file?.(parseSecretReference('secret://file/.'))).rejects.toMatchObject({
      code: 'permission_denied',
    })
  })

  test('configs of any shape: own keys only, lists beside lists, twenty levels', async () => {
    process.env['CASARE_TEST_KEY'] = 'the key itself'
    const reference = 'secret://env/CASARE_TEST_KEY'
    const resolve = (config: unknown, schemaOf: object) =>
      resolveReferences(config, schemaOf as never, basicSecretProviders())
    const open = { properties: { a: { type: 'string' } }, additionalProperties: { secret: true } }
    const { config, problems } = await resolve(
      JSON.parse(`{"a":"x","b":"${reference}","__proto__":"${reference}"}`),
      open,
    )
    expect(problems).toEqual([])
    expect(Object.keys(config as object)).toEqual(['a', 'b', '__proto__'])
    expect(Object.getOwnPropertyDescriptor(config, 'b')).toMatchObject({
      writable: true,
      enumerable: true,
      configurable: true,
    })
    const closed = await resolve({ a: 'x', more: reference }, { properties: {}, additionalProperties: false })
    expect(closed.problems).toMatchObject([{ path: ['more'] }])
    const list = await resolve({ list: [reference, 'plain'] }, { properties: { list: { items: { secret: true } } } })
    expect(list.problems).toMatchObject([{ path: ['list', 1] }])
    expect((list.config as { list: Secret[] }).list[0]?.reveal()).toBe('the key itself')
    const loose = await resolve({ list: ['plain', new Map()] }, { properties: { list: { items: false } } })
    expect(loose).toEqual({ config: { list: ['plain', new Map()] }, problems: [] })
    const either = { anyOf: [{ type: 'null' }, null, { type: 'string', secret: true }] }
    expect((await resolve({ a: reference }, { properties: { a: either } })).problems).toEqual([])
    let deep: unknown = reference
    for (let i = 0; i < 20; i += 1) deep = [deep]
    expect((await resolve(deep, {})).problems).toHaveLength(1)
    expect((await resolve([deep], {})).problems).toHaveLength(0)
    const broken = await resolveReferences(
      { a: 'secret://odd/x' },
      { properties: { a: { secret: true } } },
      {
        odd: () => {
          throw new TypeError('not ours')
        },
      },
    )
    expect(broken.problems).toMatchObject([{ error: { code: 'invalid_input', message: 'TypeError: not ours' } }])
    delete process.env['CASARE_TEST_KEY']
  })
})
