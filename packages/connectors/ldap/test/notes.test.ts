import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ldap } from '../src/index.ts'

let folder: string
const open: { close(): Promise<void> }[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'casare-ldap-'))
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
  await rm(folder, { recursive: true })
})

function connect(path = folder) {
  const connection = ldap({ folder: path })
  open.push(connection)
  return connection
}

test('what is stored comes back, whatever the text', async () => {
  const vendor = connect()
  for (const [index, text] of ['', 'milk', 'grüße 🦊\r\n\0', 'x'.repeat(100_000)].entries()) {
    expect(await vendor.putNote({ name: `note-${index}`, text })).toEqual({ name: `note-${index}` })
    expect(await vendor.getNote({ name: `note-${index}` })).toEqual({ name: `note-${index}`, text })
  }
})

test('a note is created once, replaced by put, and gone when deleted', async () => {
  const vendor = connect()
  await vendor.createNote({ name: 'a', text: 'first' })
  await expect(vendor.createNote({ name: 'a', text: 'second' })).rejects.toMatchObject({
    code: 'already_exists',
    applied: 'no',
    vendorCode: 'EEXIST',
  })
  expect(await vendor.getNote({ name: 'a' })).toEqual({ name: 'a', text: 'first' })
  await vendor.putNote({ name: 'a', text: 'third' })
  expect(await vendor.getNote({ name: 'a' })).toEqual({ name: 'a', text: 'third' })
  await vendor.deleteNote({ name: 'a' })
  await expect(vendor.getNote({ name: 'a' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(vendor.deleteNote({ name: 'a' })).rejects.toMatchObject({ code: 'not_found' })
  expect(await readdir(folder)).toEqual([])
})

test('a note that cannot take its place leaves nothing behind', async () => {
  await mkdir(join(folder, 'a.txt'))
  await expect(connect().putNote({ name: 'a', text: 'x' })).rejects.toMatchObject({ code: 'conflict', applied: 'no' })
  expect(await readdir(folder)).toEqual(['a.txt'])
})

test.each(['../secret', 'a/b', '', 'A', '__proto__', 'a'.repeat(101)])('the name %j is refused', async (name) => {
  await writeFile(join(folder, 'untouched.txt'), 'x')
  expect(await connect().$.execute('putNote', { name, text: 'x' })).toMatchObject({
    success: false,
    error: { code: 'invalid_input' },
  })
  expect(await readdir(folder)).toEqual(['untouched.txt'])
})

test('a folder that is missing is found at the first call and by the check', async () => {
  const vendor = connect(join(folder, 'missing'))
  await expect(vendor.getNote({ name: 'a' })).rejects.toMatchObject({ code: 'not_found', vendorCode: 'ENOENT' })
  await expect(vendor.$.check()).rejects.toMatchObject({ code: 'not_found' })
  await connect().$.check()
})

test('notes are read in order, page by page, and a read goes on where one stopped', async () => {
  const vendor = connect()
  const names = Array.from({ length: 7 }, (_, index) => `note-${index}`)
  const { succeeded, failed } = await vendor.notes.write(
    names.toReversed().map((name) => ({ name, text: name })),
    {},
  )
  expect({ succeeded, failed }).toEqual({ succeeded: 7, failed: [] })
  await vendor.putNote({ name: 'other', text: 'x' })

  const seen: string[] = []
  let cursor: unknown
  for (let done = false; !done;) {
    const page = await vendor.$.read('notes', { prefix: 'note-' }, { cursor, maxRecords: 3 })
    seen.push(...page.records.map((record) => (record as { name: string }).name))
    ;({ cursor, done } = page)
  }
  expect(seen).toEqual(names)
})

test('records that are refused are named by their index', async () => {
  await mkdir(join(folder, 'b.txt'))
  const { succeeded, failed } = await connect().notes.write(
    ['a', 'b', 'c'].map((name) => ({ name, text: name })),
    {},
  )
  expect(succeeded).toBe(2)
  expect(failed.map(({ index }) => index)).toEqual([1])
})
