import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FolderStore, transfer } from '../src/index.ts'
import { Bench, bytesOf, filesOf, mebibyte } from './support.ts'

let bench: Bench
beforeEach(async () => void (bench = await Bench.begin()))
afterEach(() => bench.end())

const kills = 5

test('killed again and again, it goes on: no finished part is sent twice, and every byte arrives', async () => {
  const bytes = bytesOf(96 * mebibyte)
  const small = Object.fromEntries(Array.from({ length: 40 }, (_one, index) => [`small/${index}`, `file ${index}`]))
  const from = await bench.folder('from', { 'big.bin': bytes, ...small })
  const to = await bench.folder('to')
  for (let kill = 0; kill < kills; kill += 1) {
    const flags = ['--conditions=@casare/source', '--disable-warning=ExperimentalWarning']
    const process_ = spawn(process.execPath, [
      ...flags,
      join(import.meta.dirname, 'transfer-process.ts'),
      from,
      to,
      bench.journals,
    ])
    const closed = new Promise((resolve) => process_.once('close', resolve))
    let output = ''
    process_.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const before = await partsSent()
    // Killed when it has got on a little: at another place each time.
    for (let waited = 0; (await partsSent()).length < before.length + 1 && process_.exitCode === null; waited += 1) {
      if (waited > 2_000) throw new Error(`nothing happened: ${output}`)
      await sleep(5)
    }
    await sleep(kill * 13)
    process_.kill('SIGKILL')
    await closed
    expect(process_.signalCode).toBe('SIGKILL')
  }
  const sentBefore = (await partsSent()).length
  expect(sentBefore).toBeGreaterThan(0)
  const options = { journalFolder: bench.journals, partBytes: 5 * mebibyte }
  const result = await transfer({
    from: { store: new FolderStore(from) },
    to: { store: new FolderStore(to) },
    ...options,
  })
  expect(result.failed).toBe(0)
  const parts = await partsSent()
  expect(new Set(parts).size).toBe(parts.length)
  const arrived = await filesOf(to)
  expect(Object.keys(arrived).toSorted()).toEqual(Object.keys({ 'big.bin': '', ...small }).toSorted())
  expect((await readFile(join(to, 'big.bin'))).equals(bytes)).toBe(true)
}, 90_000)

/** Parts that the journal has as sent. */
async function partsSent(): Promise<string[]> {
  const names = await readdir(bench.journals).catch(() => [])
  const journal = names.find((name) => name.endsWith('.jsonl'))
  if (journal === undefined) return []
  const text = await readFile(join(bench.journals, journal), 'utf8')
  return [...text.matchAll(/"type":"part","key":"([^"]*)","part":\{"number":(\d+)/g)].map(
    ([, key, number]) => `${key} ${number}`,
  )
}
