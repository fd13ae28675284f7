import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '@casare/core'
import { describe, expect, test } from '@jest/globals'
import { openSecretStore, type SecretStore, type StoreKey } from '../src/index.ts'
import { ownFolder } from './support.ts'

const folderOf = ownFolder()
const passphrase = { kind: 'passphrase', passphrase: new Secret('correct horse battery') } as const

function place(key?: StoreKey): { path: string; key: StoreKey; open: (other?: StoreKey) => Promise<SecretStore> } {
  const folder = folderOf()
  const path = join(folder, 'secrets.json')
  const own = key ?? { kind: 'keyFile', path: join(folder, 'secrets.key') }
  return { path, key: own, open: (other) => openSecretStore({ path, key: other ?? own }) }
}

describe.each([
  ['a key file', undefined],
  ['a passphrase by scrypt', passphrase],
  ['a passphrase by PBKDF2', { ...passphrase, derivation: 'pbkdf2' } as const],
])('with %s', (_name, key) => {
  test('what is set can be read by another opening of it, and by nobody from the file', async () => {
    const { path, open } = place(key)
    const store = await open()
    expect(await store.set('github/token', 'ghp_äöü💥\n"')).toMatchObject({ name: 'github/token', version: 1 })
    expect(await store.set('github/token', new Secret('ghp_second'))).toMatchObject({ version: 2 })
    await store.set('database', '{"user":"me","password":"pass-word-9"}')
    const again = await open()
    expect((await again.get('github/token')).reveal()).toBe('ghp_second')
    expect((await again.get('database', 'password')).reveal()).toBe('pass-word-9')
    expect((await again.list()).map(({ name, version }) => [name, version])).toEqual([
      ['database', 1],
      ['github/token', 2],
    ])
    const bytes = readFileSync(path, 'utf8')
    for (const text of ['ghp_second', 'pass-word-9', 'github'])
      for (const form of [text, Buffer.from(text).toString('base64').slice(0, -3)]) expect(bytes).not.toContain(form)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await again.delete('database')).toBe(true)
    expect(await store.delete('database')).toBe(false)
  })
})

test('a secret is read again at each use, whoever replaced it', async () => {
  const { open } = place()
  const [mine, other] = [await open(), await open()]
  await mine.set('token', 'first-value')
  const token = await mine.get('token')
  await other.set('token', 'second-value')
  expect(token.reveal()).toBe('second-value')
  expect(String(token)).toBe('[secret]')
  await other.rotateKey()
  await other.set('token', 'third-value')
  expect(token.reveal()).toBe('third-value')
  await other.delete('token')
  expect(() => token.reveal()).toThrow('There is no secret "token"')
})

test('the provider takes references, and says what is nearest', async () => {
  const { open } = place()
  const store = await open()
  await store.set('github/token', 'ghp_1234')
  const reference = { provider: 'store', path: 'github/token', field: undefined, text: 'secret://store/github/token' }
  expect((await store.provider(reference)).reveal()).toBe('ghp_1234')
  await expect(store.provider({ ...reference, path: 'github/tokn' })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('github/token'),
  })
  await expect(store.provider({ ...reference, field: 'x' })).rejects.toMatchObject({
    code: 'not_found',
    message: expect.not.stringContaining('ghp_1234'),
  })
})

describe('rotation of the key', () => {
  test('a new key file in the place of the old one; the old one opens nothing', async () => {
    const { path, key, open } = place()
    const store = await open()
    await store.set('a', 'value-of-a')
    const before = readFileSync((key as { path: string }).path)
    await store.rotateKey()
    expect((await (await open()).get('a')).reveal()).toBe('value-of-a')
    writeFileSync((key as { path: string }).path, before)
    await expect(openSecretStore({ path, key })).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('from a passphrase to another, and to a key file', async () => {
    const { path, open } = place(passphrase)
    const store = await open()
    await store.set('a', 'value-of-a')
    const next = { kind: 'passphrase', passphrase: 'another passphrase' } as const
    await store.rotateKey(next)
    await expect(open()).rejects.toMatchObject({ code: 'unauthenticated' })
    const keyFile = { kind: 'keyFile', path: `${path}.key` } as const
    await (await open(next)).rotateKey(keyFile)
    expect((await (await open(keyFile)).get('a')).reveal()).toBe('value-of-a')
    await expect(open(next)).rejects.toThrow('is locked with a key file')
  })

  test('stopped between store and key file: the next key opens it, and the next change ends the rotation', async () => {
    const { key, open } = place()
    const { path: keyPath } = key as { path: string }
    const store = await open()
    await store.set('a', 'value-of-a')
    const before = readFileSync(keyPath)
    await store.rotateKey()
    writeFileSync(`${keyPath}.next`, readFileSync(keyPath), { mode: 0o600 })
    writeFileSync(keyPath, before)
    const again = await open()
    expect((await again.get('a')).reveal()).toBe('value-of-a')
    await again.set('b', 'value-of-b')
    expect(existsSync(`${keyPath}.next`)).toBe(false)
    expect((await (await open()).get('b')).reveal()).toBe('value-of-b')
  })
})

describe('refused', () => {
  test('a wrong key, and each file with one byte changed', async () => {
    const { path, open } = place()
    await (await open()).set('a', 'value-of-a')
    const good = readFileSync(path, 'utf8')
    const file = JSON.parse(good) as Record<string, string>
    for (const [name, value] of Object.entries({ nonce: file['nonce'], sealed: file['sealed'] })) {
      const bytes = Buffer.from(value ?? '', 'base64')
      for (let index = 0; index < bytes.length; index += 7) {
        const changed = Buffer.from(bytes)
        changed[index] = (changed[index] ?? 0) ^ 1
        writeFileSync(path, JSON.stringify({ ...file, [name]: changed.toString('base64') }))
        await expect(open()).rejects.toMatchObject({ code: 'unauthenticated' })
      }
    }
    writeFileSync(path, good)
    expect((await (await open()).get('a')).reveal()).toBe('value-of-a')
  })

  test('a truncated file, another file, one of a newer version, a weak derivation: said, and nothing is changed', async () => {
    const { path, open } = place(passphrase)
    await (await open()).set('a', 'value-of-a')
    const good = readFileSync(path, 'utf8')
    const file = JSON.parse(good) as { derivation: object }
    const cases: [string, string][] = [
      [good.slice(0, 40), 'is damaged'],
      ['', 'is damaged'],
      ['{"a":1}', 'is not a store of secrets'],
      [JSON.stringify({ ...file, version: 2 }), 'written by a newer version'],
      [JSON.stringify({ ...file, derivation: { ...file.derivation, cost: 2 } }), 'out of bounds'],
      [JSON.stringify({ ...file, derivation: { ...file.derivation, cost: 2 ** 30 } }), 'out of bounds'],
      [JSON.stringify({ ...file, derivation: { name: 'key-file' } }), 'is locked with a key file'],
      [JSON.stringify({ ...file, sealed: 'AAAA' }), 'is damaged'],
    ]
    for (const [text, message] of cases) {
      writeFileSync(path, text)
      await expect(open()).rejects.toMatchObject({ message: expect.stringContaining(message) })
      expect(readFileSync(path, 'utf8')).toBe(text)
    }
    // Within bounds, but not what it was sealed with.
    writeFileSync(path, JSON.stringify({ ...file, derivation: { ...file.derivation, cost: 2 ** 15 } }))
    await expect(open()).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('a folder, and what lies below a file', async () => {
    const folder = folderOf()
    writeFileSync(join(folder, 'file'), '')
    for (const path of [folder, join(folder, 'file/secrets.json')])
      await expect(openSecretStore({ path, key: passphrase })).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(`${path} cannot be read`),
      })
  })

  test('a key file that others can read, that is none, or that is missing', async () => {
    const { key, open } = place()
    const { path: keyPath } = key as { path: string }
    await (await open()).set('a', 'value-of-a')
    chmodSync(keyPath, 0o644)
    await expect(open()).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('chmod 600'),
    })
    chmodSync(keyPath, 0o600)
    writeFileSync(keyPath, 'short')
    await expect(open()).rejects.toThrow('must hold 32 bytes')
    await expect(open({ kind: 'keyFile', path: `${keyPath}.none` })).rejects.toThrow('cannot be read')
  })

  test.each(['', '/a', 'a/', 'a//b', '../a', 'a b', 'ä', 'a#b', 'x'.repeat(257)])('the name %j', async (name) => {
    const store = await place().open()
    await expect(store.set(name, 'value')).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('an empty value, a large one, a short passphrase', async () => {
    const store = await place().open()
    await expect(store.set('a', '')).rejects.toThrow('is empty')
    await expect(store.set('a', 'x'.repeat(65_537))).rejects.toThrow('65536 at most')
    const weak = await place({ kind: 'passphrase', passphrase: 'short' }).open()
    await expect(weak.set('a', 'value')).rejects.toThrow('at least 12 characters')
  })
})

test('names of prototypes are names like others', async () => {
  const store = await place().open()
  await expect(store.get('constructor')).rejects.toMatchObject({ code: 'not_found' })
  await store.set('constructor', 'value-of-it')
  await store.set('proto', '{"a":"b"}')
  expect((await store.get('constructor')).reveal()).toBe('value-of-it')
  await expect(store.get('proto', 'toString')).rejects.toMatchObject({ code: 'not_found' })
})

test('nothing is left beside the store and its key', async () => {
  const { path, open } = place()
  await (await open()).set('a', 'value-of-a')
  expect(readdirSync(join(path, '..')).sort()).toEqual(['secrets.json', 'secrets.key'])
})
