import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openBody, readBytes } from '../src/index.ts'
import { allowedPath } from '../src/bodies/open-file.ts'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'casare-bodies-')))
  await mkdir(join(folder, 'inside'))
  await writeFile(join(folder, 'inside', 'a.txt'), 'content')
  await writeFile(join(folder, 'outside.txt'), 'outside')
  await symlink(join(folder, 'outside.txt'), join(folder, 'inside', 'link'))
  await symlink(join(folder, 'inside'), join(folder, 'linked'))
})
afterAll(async () => rm(folder, { recursive: true }))

async function* chunks(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}
const textOf = async (stream: AsyncIterable<Uint8Array>): Promise<string> => (await readBytes(stream, 1_000)).toString()

describe('a body that is opened', () => {
  test('in memory: its length is known, it can be read again, and its bytes are at hand', async () => {
    const bytes = Buffer.from('grüße')
    for (const body of [
      bytes,
      { text: 'grüße' },
      { base64: bytes.toString('base64') },
      { base64: bytes.toString('base64url') },
    ]) {
      const opened = await openBody(body)
      expect([opened.length, opened.repeatable, opened.bytes?.length]).toEqual([7, true, 7])
      expect([await textOf(opened.stream()), await textOf(opened.stream())]).toEqual(['grüße', 'grüße'])
    }
    const same = await openBody(bytes)
    expect(same.bytes).toBe(bytes)
  })

  test('a Blob, a file, a function: read again each time, nothing in memory', async () => {
    const opened = await Promise.all([
      openBody(new Blob(['content'])),
      openBody({ file: 'a.txt' }, [join(folder, 'inside')]),
      openBody(() => chunks('con', 'tent')),
    ])
    expect(opened.map(({ length }) => length)).toEqual([7, 7, undefined])
    for (const { repeatable, bytes, stream } of opened) {
      expect([repeatable, bytes]).toEqual([true, undefined])
      expect([await textOf(stream()), await textOf(stream())]).toEqual(['content', 'content'])
    }
  })

  test('a stream: once', async () => {
    const opened = await openBody(chunks('con', 'tent'))
    expect([opened.length, opened.repeatable, opened.bytes]).toEqual([undefined, false, undefined])
    expect(await textOf(opened.stream())).toBe('content')
    expect(() => opened.stream()).toThrow(/consumed by an earlier attempt/)
  })

  test.each([
    ['a text', 'got a bare string. Write { text: … } for text.'],
    [null, 'got null.'],
    [undefined, 'got undefined.'],
    [3, 'got number.'],
    [{}, 'got object.'],
    [{ text: 3 }, 'got object.'],
    [{ base64: 3 }, 'got object.'],
    [{ file: 3 }, 'got object.'],
    [[], 'got object.'],
  ])('%j is none', async (body: unknown, words) => {
    await expect(openBody(body as never)).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(new RegExp(`${words.replace(/[{}.]/g, '\\$&')}$`)),
    })
  })

  test('base64 of the right letters only', async () => {
    for (const base64 of ['!', 'YQ==x', '=YQ', 'Y Q=='])
      await expect(openBody({ base64 })).rejects.toThrow(/base64 alphabet/)
    expect((await openBody({ base64: '' })).length).toBe(0)
  })
})

describe('a file', () => {
  test('below a root, by any way to it', async () => {
    const path = join(folder, 'inside', 'a.txt')
    for (const root of [join(folder, 'inside'), join(folder, 'linked'), folder])
      expect(await allowedPath(root === folder ? 'inside/a.txt' : 'a.txt', [root])).toBe(path)
    expect(await allowedPath(path, ['/nowhere', folder])).toBe(path)
    expect(await allowedPath('a.txt', [folder, join(folder, 'inside')])).toBe(path)
  })

  test('and nowhere else', async () => {
    const roots = [join(folder, 'inside')]
    for (const file of ['../outside.txt', join(folder, 'outside.txt'), 'link', 'nobody', '.', '', '/etc/hostname'])
      await expect(allowedPath(file, roots)).rejects.toThrow(/was not found below the folders allowed/)
    await expect(allowedPath('inside', [folder])).rejects.toThrow('inside is not a plain file.')
    await expect(allowedPath('a.txt', [])).rejects.toThrow(/files.roots/)
    await expect(openBody({ file: 'a.txt' })).rejects.toThrow(/Files are not allowed as bodies here/)
  })
})

describe('reading into memory', () => {
  test('up to the bytes allowed, and not one more', async () => {
    expect((await readBytes(chunks('abc', 'de'), 5)).toString()).toBe('abcde')
    await expect(readBytes(chunks('abc', 'def'), 5, 'The answer')).rejects.toThrow(
      'The answer is larger than the 5 bytes allowed.',
    )
    await expect(readBytes(chunks('abcdef'), 5)).rejects.toThrow('The body is larger')
    expect((await readBytes(chunks(), 0)).length).toBe(0)
  })

  test('one chunk is not copied, and always a Buffer', async () => {
    const only = Buffer.from('abc')
    async function* one(chunk: Uint8Array): AsyncIterable<Uint8Array> {
      yield chunk
    }
    expect(await readBytes(one(only), 5)).toBe(only)
    const plain = await readBytes(one(new Uint8Array([97])), 5)
    expect([Buffer.isBuffer(plain), plain.toString()]).toEqual([true, 'a'])
  })
})
