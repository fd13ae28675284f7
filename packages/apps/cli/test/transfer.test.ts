import { createServer, type Server } from 'node:http'
import { mkdir, readFile, writeFile, readdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { casareHere, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
let folder: string
let server: Server
let url: string
const bytes = Buffer.alloc(12_000_000, 'flights ')

beforeAll(async () => {
  project = await projectFolder()
  folder = await inFolder(project.path, 'transfers', {})
  await inFolder(folder, 'data', { 'a.csv': 'a', 'c.log': 'c' })
  await inFolder(join(folder, 'data'), 'sub', { 'b.csv': 'b' })
  server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    const plain = request.url === '/stream.bin'
    if (from === undefined || plain) {
      const facts = plain ? {} : { 'content-length': bytes.byteLength, etag: '"one"', 'accept-ranges': 'bytes' }
      response.writeHead(200, facts)
      response.end(bytes)
      return
    }
    const part = bytes.subarray(Number(from), to === '' ? undefined : Number(to) + 1)
    const end = Number(from) + part.byteLength - 1
    response.writeHead(206, { etag: '"one"', 'content-range': `bytes ${from}-${end}/${bytes.byteLength}` })
    response.end(part)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await project.remove()
})

const here = (...args: string[]) => casareHere(['transfer', ...args], { folder })
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into whatever was printed
const json = (text: string): any => JSON.parse(text)

test('a folder is moved, and again only what has changed', async () => {
  const first = await here('data', 'copy', '--exclude', '*.log')
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 moved, 2 B sent, [\d.]+ s\n$/) })
  expect(await readFile(join(folder, 'copy/sub/b.csv'), 'utf8')).toBe('b')
  await writeFile(join(folder, 'data/a.csv'), 'other')
  const dry = await here('data', 'copy', '--sync', '--dry-run')
  expect(dry.stdout).toMatch(/^would move a.csv\nwould move c.log\n/)
  const second = await here('data', 'copy', '--sync', '--json', '--manifest', 'moved.jsonl')
  expect(json(second.stdout)).toMatchObject({ moved: 2, skipped: 1, failed: 0 })
  const lines = (await readFile(join(folder, 'moved.jsonl'), 'utf8')).trim().split('\n').map(json)
  expect(lines.map(({ key, outcome }) => `${key} ${outcome}`).toSorted()).toEqual([
    'a.csv moved',
    'c.log moved',
    'sub/b.csv unchanged',
  ])
})

test.each(['known.bin', 'stream.bin'])('a file of the web arrives whole: %s', async (name) => {
  const { code, stderr } = await here(
    `${url}/${name}?x=1`.replace('stream.bin?x=1', 'stream.bin'),
    'web/',
    '--part-mib',
    '5',
  )
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect((await readFile(join(folder, 'web', name))).equals(bytes)).toBe(true)
})

test('what could not be moved waits in the list, and can be given up', async () => {
  await mkdir(join(folder, 'to/a.csv'), { recursive: true })
  const failed = await here('data', 'to')
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('a.csv')
  expect(failed.stdout).toContain('casare transfer list')
  const { transfers } = json((await here('list', '--json')).stdout)
  expect(transfers).toMatchObject([{ arrived: 2, openUploads: [] }])
  expect((await here('list')).stdout).toContain(transfers[0].id)
  expect(await here('abort', transfers[0].id)).toMatchObject({ code: 0, stdout: expect.stringContaining('Given up') })
  expect((await here('list')).stdout).toBe('No transfer waits to go on.\n')
  expect((await readdir(join(folder, 'to'))).toSorted()).toEqual(['a.csv', 'c.log', 'sub'])
})

test.each([
  [['data'], /Name two places/],
  [['missing', 'copy'], /missing is not there/],
  [['data', 'ftp://host/x'], /no ftp:\/\/ here/],
  [['data', 's3:///x'], /names no bucket/],
  [['data', 's3://bucket/x'], /end it with a slash/],
  [['data', 'https://example.com/x'], /nothing can be stored/],
  [['data', 'copy', '--part-mib', '1'], /--part-mib/],
  [['data', 'copy', '--delete'], /deleteExtra|--delete/],
  [['data', 'copy', '--to', 'x'], /takes no connection/],
  [['abort', '0123456789abcdef'], /no unfinished transfer/],
])('%j is refused with the next step', async (args, message) => {
  const { code, stderr, stdout } = await here(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(message)
})
