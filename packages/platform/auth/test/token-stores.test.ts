import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Secret } from '@casare/core'
import { fileTokenStore, memoryTokenStore, readTokenSet, sqlTokenStore, writeTokenSet } from '@casare/auth'
import { tokenStoreSuite } from './support/token-store-suite.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-tokens-'))
})
afterAll(async () => rm(folder, { recursive: true }))

describe('in memory', () => {
  const store = memoryTokenStore()
  tokenStoreSuite(() => store)
})

describe('in a file', () => {
  tokenStoreSuite(() => fileTokenStore(join(folder, 'deep', 'tokens.json')))

  test('of its owner only, replaced as a whole, with nothing left beside it', async () => {
    const path = join(folder, 'own.json')
    await fileTokenStore(path).put('k', 'v')
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).filter((name) => name.startsWith('own'))).toEqual(['own.json'])
  })

  test.each([
    ['truncated', (text: string) => text.slice(0, -10), /damaged/],
    ['something else', () => '[]', /no file of tokens/],
    ['empty', () => '', /damaged/],
    ['of a newer version', (text: string) => text.replace('"format":1', '"format":2'), /newer version/],
  ])('a file that is %s is refused and left as it is', async (_name, spoil, words) => {
    const path = join(folder, `${_name}.json`)
    const store = fileTokenStore(path)
    await store.put('k', 'v')
    const spoiled = spoil(await readFile(path, 'utf8'))
    await writeFile(path, spoiled)
    for (const call of [store.read('k'), store.put('k', 'w'), store.acquire('k', 'h', 1_000)])
      await expect(call).rejects.toThrow(words)
    expect(await readFile(path, 'utf8')).toBe(spoiled)
  })

  test('a key like a prototype’s is a key', async () => {
    const store = fileTokenStore(join(folder, 'keys.json'))
    for (const key of ['__proto__', 'constructor', 'toString']) {
      expect(await store.read(key)).toBeUndefined()
      await store.put(key, `value of ${key}`)
    }
    expect(await store.read('__proto__')).toEqual({ value: 'value of __proto__', version: 1 })
    expect(await store.read('constructor')).toEqual({ value: 'value of constructor', version: 1 })
  })
})

test('a table is named by a name', () => {
  const connection = { query: () => Promise.resolve({ rows: [] }) }
  for (const table of ['', 'a;b', 'a b', '1a', 'a.b.c', 'a"'])
    expect(() => sqlTokenStore(connection, { dialect: 'sqlite', table })).toThrow(/table must be a name/)
})

describe('a set of tokens as text', () => {
  const tokens = {
    accessToken: new Secret('access'),
    tokenType: 'bearer',
    obtainedAt: 1,
    expiresAt: 2,
    refreshToken: new Secret('refresh'),
    idToken: new Secret('id'),
    scope: 'a b',
  }

  test('comes back as it was, with its secrets hidden', () => {
    const back = readTokenSet(writeTokenSet(tokens), 'k')
    expect(back).toMatchObject({ tokenType: 'bearer', obtainedAt: 1, expiresAt: 2, scope: 'a b' })
    expect([back.accessToken, back.refreshToken, back.idToken].map((one) => one?.reveal())).toEqual([
      'access',
      'refresh',
      'id',
    ])
    expect(JSON.stringify(back)).not.toContain('refresh"')
    const bare = { accessToken: new Secret('a'), tokenType: 'dpop', obtainedAt: 1 }
    expect(Object.keys(readTokenSet(writeTokenSet(bare), 'k')).sort()).toEqual([
      'accessToken',
      'obtainedAt',
      'tokenType',
    ])
  })

  test('damaged or newer: refused, without a word of it', () => {
    const text = writeTokenSet(tokens)
    const damaged = [text.slice(0, -1), '', '[]', '{}', 'null', text.replace('"access"', '""'), text.replace('1', '0')]
    for (const bad of damaged) {
      let message = ''
      try {
        readTokenSet(bad, 'crm')
      } catch (error) {
        ;({ message } = error as Error)
      }
      expect(message).toContain('The tokens stored as "crm" are damaged')
      expect(message).not.toContain('refresh"')
    }
    expect(() => readTokenSet(text.replace('"format":1', '"format":2'), 'crm')).toThrow(/newer version/)
  })
})
