import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { casareHere, expectCleanFailure, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
beforeAll(async () => {
  project = await projectFolder()
})
afterAll(() => project.remove())

test('who asked for a secret is written down, and a change of that is found', async () => {
  const folder = await inFolder(project.path, 'audited', {})
  const run = (args: readonly string[], stdin = '') => casareHere(args, { folder, stdin })
  expect((await run(['audit', 'verify'])).stdout).toContain('0 records, unbroken')
  await run(['secrets', 'set', 'api/token'], 'the-value-of-the-token')
  await run(['secrets', 'get', 'api/token'])
  expectCleanFailure(await run(['secrets', 'get', 'nobody']), 1)
  await run(['secrets', 'rotate'])
  const path = join(folder, '.casare/audit.jsonl')
  const text = await readFile(path, 'utf8')
  expect(text).not.toContain('the-value')
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(records.map(({ action, subject, outcome }) => [action, subject, outcome])).toEqual([
    ['secrets get', 'api/token', 'begun'],
    ['secrets get', 'api/token', 'done'],
    ['secrets get', 'nobody', 'begun'],
    ['secrets get', 'nobody', 'failed'],
    ['secrets rotate', 'the key of the store', 'begun'],
    ['secrets rotate', 'the key of the store', 'done'],
  ])
  expect(records[3]?.['detail']).toEqual({ code: 'not_found' })
  const verified = JSON.parse((await run(['audit', 'verify', '--json'])).stdout) as { head: string }
  expect(verified).toMatchObject({ records: 6, head: records[5]?.['hash'] })
  expect((await run(['audit', 'verify', '--head', verified.head])).code).toBe(0)
  await writeFile(path, text.replace('nobody', 'somebody'))
  const broken = await run(['audit', 'verify'])
  expect([broken.code, broken.stdout]).toEqual([1, expect.stringContaining('line 3: it was changed')])
})

test('what cannot be written down is not done', async () => {
  const folder = await inFolder(project.path, 'unwritable', {})
  await casareHere(['secrets', 'set', 'a'], { folder, stdin: 'the-value-of-a' })
  await writeFile(join(folder, '.casare/audit.jsonl'), 'something else\n')
  const refused = await casareHere(['secrets', 'get', 'a'], { folder })
  expectCleanFailure(refused, 2)
  expect(refused.stdout).not.toContain('the-value-of-a')
})
