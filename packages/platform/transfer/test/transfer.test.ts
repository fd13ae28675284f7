import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ConnectorError } from '@casare/core'
import { symlink, writeFile, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FolderStore,
  transfer,
  abortTransfer,
  unfinishedTransfers,
  type TransferOptions,
  type TransferredEntry,
} from '../src/index.ts'
import { Bench, bytesOf, filesOf, mebibyte, withoutSizes } from './support.ts'

let bench: Bench
beforeEach(async () => void (bench = await Bench.begin()))
afterEach(() => bench.end())

const entries: TransferredEntry[] = []
function run(options: Omit<TransferOptions, 'journalFolder'>) {
  entries.length = 0
  return transfer({ journalFolder: bench.journals, onEntry: (entry) => entries.push(entry), ...options })
}
const outcomes = (): string[] => entries.map(({ targetKey, outcome }) => `${targetKey} ${outcome}`).toSorted()

const files = { 'a.txt': 'A', empty: '', 'sub/grüße 🦊.csv': 'x;y', 'sub/deep/z': 'Z'.repeat(10_000) }

test('a folder goes into a bucket and back', async () => {
  const from = await bench.folder('from', files)
  const result = await run({ from: { store: new FolderStore(from) }, to: { store: bench.bucket('p/') } })
  expect(result).toMatchObject({ found: 4, moved: 4, failed: 0, skipped: 0, listed: true, bytesMoved: 10_004 })
  expect(Object.keys(bench.kept()).toSorted()).toEqual(
    Object.keys(files)
      .map((key) => `p/${key}`)
      .toSorted(),
  )
  const to = await bench.folder('to')
  await run({ from: { store: bench.bucket('p/') }, to: { store: new FolderStore(to) } })
  expect(await filesOf(to)).toEqual(files)
})

test.each([0, 1, 5 * mebibyte, 11 * mebibyte + 7])(
  'one entry of %i bytes arrives whole, of known size or not',
  async (size) => {
    const bytes = bytesOf(size)
    const from = new FolderStore(await bench.folder('from', { 'big.bin': bytes }))
    const partBytes = 5 * mebibyte
    await run({ from: { store: from, key: 'big.bin' }, to: { store: bench.bucket(), key: 'known' }, partBytes })
    await run({
      from: { store: withoutSizes(from), key: 'big.bin' },
      to: { store: bench.bucket(), key: 'unknown' },
      partBytes,
    })
    expect(bench.memory.object('b', 'known').bytes.equals(bytes)).toBe(true)
    expect(bench.memory.object('b', 'unknown').bytes.equals(bytes)).toBe(true)
    expect(bench.memory.pending.size).toBe(0)
  },
)

test('parts of unknown number wait in their files until they are sent, also behind the end of the source', async () => {
  const bytes = bytesOf(46 * mebibyte)
  const from = withoutSizes(new FolderStore(await bench.folder('from', { 'big.bin': bytes })))
  const options = { partBytes: 5 * mebibyte, partConcurrency: 1 }
  await run({ from: { store: from, key: 'big.bin' }, to: { store: bench.bucket(), key: 'unknown' }, ...options })
  expect(bench.memory.object('b', 'unknown').bytes.equals(bytes)).toBe(true)
})

test('parts that have arrived are not sent again', async () => {
  const bytes = bytesOf(21 * mebibyte)
  const from = new FolderStore(await bench.folder('from', { big: bytes }))
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 4) throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  const options = { from: { store: from }, to: { store: bench.bucket() }, partBytes: 5 * mebibyte, partConcurrency: 1 }
  expect(await run(options)).toMatchObject({ failed: 1, moved: 0 })
  expect(await unfinishedTransfers(bench.journals)).toMatchObject([
    { arrived: 0, openUploads: [{ key: 'big', parts: 3 }] },
  ])
  bench.memory.trouble = () => undefined
  bench.memory.log.length = 0
  expect(await run(options)).toMatchObject({
    failed: 0,
    moved: 1,
    bytesResumed: 15 * mebibyte,
    bytesMoved: 6 * mebibyte,
  })
  expect(bench.memory.log.filter((step) => step.startsWith('part '))).toEqual([
    'part 4',
    'part answered 4',
    'part 5',
    'part answered 5',
  ])
  expect(bench.memory.object('b', 'big').bytes.equals(bytes)).toBe(true)
  expect(await unfinishedTransfers(bench.journals)).toEqual([])
})

test('a source that is another by now is sent from the beginning, and its old parts are freed', async () => {
  const folder = await bench.folder('from', { big: bytesOf(11 * mebibyte) })
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 2) throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  const options = { from: { store: new FolderStore(folder) }, to: { store: bench.bucket() }, partBytes: 5 * mebibyte }
  await run(options)
  bench.memory.trouble = () => undefined
  const other = bytesOf(11 * mebibyte, 99)
  await writeFile(join(folder, 'big'), other)
  expect(await run(options)).toMatchObject({ failed: 0, bytesResumed: 0 })
  expect(bench.memory.object('b', 'big').bytes.equals(other)).toBe(true)
  expect(bench.memory.pending.size).toBe(0)
})

test('a transfer given up frees its parts and is forgotten', async () => {
  const from = new FolderStore(await bench.folder('from', { big: bytesOf(11 * mebibyte) }))
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 3) throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  await run({ from: { store: from }, to: { store: bench.bucket() }, partBytes: 5 * mebibyte })
  expect(bench.memory.pending.size).toBe(1)
  const [unfinished] = await unfinishedTransfers(bench.journals)
  await abortTransfer(bench.journals, unfinished?.id ?? '', bench.bucket())
  expect(bench.memory.pending.size).toBe(0)
  expect(await unfinishedTransfers(bench.journals)).toEqual([])
  await expect(abortTransfer(bench.journals, unfinished?.id ?? '', bench.bucket())).rejects.toMatchObject({
    code: 'invalid_input',
  })
})

test('an entry that fails stops no other, and is tried again by the next run', async () => {
  const from = new FolderStore(await bench.folder('from', files))
  let broken = true
  bench.memory.trouble = (step) => {
    if (step === 'put' && broken) {
      broken = false
      throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
    }
  }
  const options = { from: { store: from }, to: { store: bench.bucket() } }
  const first = await run(options)
  expect(first).toMatchObject({
    moved: 3,
    failed: 1,
    failures: [{ outcome: 'failed', error: { code: 'permission_denied' } }],
  })
  expect(await run(options)).toMatchObject({ moved: 1, skipped: 3, failed: 0 })
  expect(Object.keys(bench.kept())).toHaveLength(4)
})

test('a file that was lost with the power of the machine is moved again', async () => {
  const from = new FolderStore(await bench.folder('from', { kept: 'kept', lost: 'lost', nul: 'refused' }))
  const to = await bench.folder('to')
  const options = { from: { store: from }, to: { store: new FolderStore(to) } }
  expect(await run(options)).toMatchObject({ moved: 2, failed: 1 })
  await writeFile(join(to, 'lost'), '')
  expect(await run(options)).toMatchObject({ moved: 1, skipped: 1, failed: 1 })
  expect(await filesOf(to)).toEqual({ kept: 'kept', lost: 'lost' })
})

test('a sync moves what is missing, of another size or newer, and deletes what is too much', async () => {
  const folder = await bench.folder('from', { same: '1', grown: '12', newer: '3', added: '4', 'skip.log': 'x' })
  const to = await bench.folder('to', { same: '1', grown: '1', newer: '9', extra: '5', 'keep.log': 'y' })
  const hour = 3_600
  const now = Date.now() / 1_000
  for (const name of ['same', 'grown']) await utimes(join(folder, name), now - hour, now - hour)
  await utimes(join(to, 'newer'), now - hour, now - hour)
  const options = {
    from: { store: new FolderStore(folder) },
    to: { store: new FolderStore(to) },
    mode: 'sync',
    exclude: ['*.log'],
    deleteExtra: true,
  } as const
  await run({ ...options, dryRun: true })
  const dry = ['added would move', 'extra would delete', 'grown would move', 'newer would move', 'same unchanged']
  expect(outcomes()).toEqual(dry)
  expect(await filesOf(to)).toMatchObject({ newer: '9', extra: '5' })
  await run(options)
  expect(outcomes()).toEqual(['added moved', 'extra deleted', 'grown moved', 'newer moved', 'same unchanged'])
  expect(await filesOf(to)).toEqual({ same: '1', grown: '12', newer: '3', added: '4', 'keep.log': 'y' })
  await run(options)
  expect(outcomes().filter((outcome) => !outcome.endsWith('unchanged'))).toEqual([])
})

test('a dry run leaves nothing behind, and forgets nothing', async () => {
  const from = new FolderStore(await bench.folder('from', files))
  const options = { from: { store: from }, to: { store: bench.bucket() } }
  await run({ ...options, dryRun: true })
  expect(await unfinishedTransfers(bench.journals)).toEqual([])
  expect(bench.kept()).toEqual({})
})

test('a sync after a failure asks the target, not its memory', async () => {
  const folder = await bench.folder('from', { a: '1', b: '2' })
  bench.memory.trouble = (step) => {
    if (step === 'put' && bench.memory.bucket('b').has('a'))
      throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  const store = new FolderStore(folder)
  const options = { from: { store }, to: { store: bench.bucket() }, mode: 'sync', concurrency: 1 } as const
  expect(await run(options)).toMatchObject({ moved: 1, failed: 1 })
  bench.memory.trouble = () => undefined
  bench.memory.bucket('b').delete('a')
  expect(await run(options)).toMatchObject({ moved: 2, failed: 0 })
  expect(bench.kept()).toEqual({ a: '1', b: '2' })
})

test('an upload that can never go on leaves no parts behind', async () => {
  const folder = await bench.folder('from', { big: bytesOf(11 * mebibyte) })
  const source = withoutSizes(new FolderStore(folder))
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 2) throw new ConnectorError({ code: 'permission_denied', message: 'No.' })
  }
  const options = { from: { store: source }, to: { store: bench.bucket() }, partBytes: 5 * mebibyte }
  expect(await run(options)).toMatchObject({ failed: 1 })
  expect(bench.memory.pending.size).toBe(0)
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 2) throw new ConnectorError({ code: 'conflict', message: 'Changed.' })
  }
  expect(await run({ ...options, from: { store: new FolderStore(folder) } })).toMatchObject({ failed: 1 })
  expect(bench.memory.pending.size).toBe(0)
})

test('one entry is copied within its store under another name', async () => {
  await bench.connection.putObject({ bucket: 'b', key: 'a', body: { text: 'A' } })
  await run({ from: { store: bench.bucket(), key: 'a' }, to: { store: bench.bucket(), key: 'z' } })
  expect(entries).toMatchObject([{ targetKey: 'z', how: 'copied' }])
  expect(bench.kept()).toEqual({ a: 'A', z: 'A' })
})

test('within one store nothing passes through here', async () => {
  await bench.connection.putObject({ bucket: 'b', key: 'in/a', body: { text: 'A' }, metadata: { x: '1' } })
  const result = await run({ from: { store: bench.bucket('in/') }, to: { store: bench.bucket('out/') } })
  expect(result).toMatchObject({ moved: 1, bytesMoved: 0 })
  expect(entries).toMatchObject([{ how: 'copied' }])
  expect(bench.memory.object('b', 'out/a').info.metadata).toEqual({ x: '1' })
})

test.each(['../up', 'a/../../up', '/root', 'a//b', 'dir/', 'CON.txt', 'nul', 'a\\b', 'tab\t', 'dot.', 'x:y', '.'])(
  'key %j never becomes a file, and the others arrive',
  async (key) => {
    for (const name of [key, 'good']) await bench.connection.putObject({ bucket: 'b', key: name, body: { text: 'x' } })
    const to = await bench.folder('to')
    const result = await run({ from: { store: bench.bucket() }, to: { store: new FolderStore(to) } })
    expect(result).toMatchObject({ moved: 1, failed: 1, failures: [{ key, error: { code: 'invalid_input' } }] })
    expect(await filesOf(to)).toEqual({ good: 'x' })
  },
)

test('a link never leads outside of the folder', async () => {
  await bench.connection.putObject({ bucket: 'b', key: 'link/evil', body: { text: 'x' } })
  const outside = await bench.folder('outside')
  const to = await bench.folder('to')
  await symlink(outside, join(to, 'link'))
  expect(await run({ from: { store: bench.bucket() }, to: { store: new FolderStore(to) } })).toMatchObject({
    failed: 1,
  })
  expect(await filesOf(outside)).toEqual({})
})

test('damage on the way is told, and the bad object is not left behind', async () => {
  const from = await bench.folder('from', { big: bytesOf(6 * mebibyte) })
  const store = bench.bucket()
  const begin = store.begin.bind(store)
  store.begin = async (...given) => {
    const upload = await begin(...given)
    return {
      ...upload,
      complete: async (...last) => ({ ...(await upload.complete(...last)), sums: { crc32: 'AAAAAA==' } }),
    }
  }
  const result = await run({ from: { store: new FolderStore(from) }, to: { store }, partBytes: 5 * mebibyte })
  expect(result).toMatchObject({ failed: 1, failures: [{ error: { code: 'internal' } }] })
  expect(bench.kept()).toEqual({})
})

test('the same transfer runs once at a time', async () => {
  const from = new FolderStore(await bench.folder('from', { big: bytesOf(300_000) }))
  const options = { from: { store: from }, to: { store: bench.bucket() }, bytesPerSecond: 1_000_000 }
  const first = run(options)
  await expect(run(options)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/under way in process/),
  })
  await first
})

test('an abort stops it, and it goes on later', async () => {
  const from = new FolderStore(await bench.folder('from', { big: bytesOf(11 * mebibyte), small: 'x' }))
  const controller = new AbortController()
  bench.memory.trouble = (step, { number }) => {
    if (step === 'part' && number === 2) controller.abort()
  }
  const options = { from: { store: from }, to: { store: bench.bucket() }, partBytes: 5 * mebibyte, partConcurrency: 1 }
  await expect(run({ ...options, signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' })
  bench.memory.trouble = () => undefined
  const result = await run(options)
  expect(result.failed).toBe(0)
  expect(result.bytesResumed).toBeGreaterThanOrEqual(5 * mebibyte)
})

test('bytes pass no faster than allowed', async () => {
  const from = new FolderStore(await bench.folder('from', { big: bytesOf(200_000) }))
  const startedAt = performance.now()
  await run({ from: { store: from }, to: { store: bench.bucket() }, bytesPerSecond: 400_000 })
  expect(performance.now() - startedAt).toBeGreaterThan(450)
})

test.each([
  [{ concurrency: 0 }, /concurrency/],
  [{ partBytes: 1 }, /partBytes/],
  [{ deleteExtra: true }, /deleteExtra/],
  [{ bytesPerSecond: 0.5 }, /bytesPerSecond/],
])('options out of range are refused: %j', async (options, message) => {
  const from = new FolderStore(await bench.folder('from'))
  const refused = run({ from: { store: from }, to: { store: bench.bucket() }, ...options })
  await expect(refused).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) })
})
