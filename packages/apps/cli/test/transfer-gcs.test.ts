import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { googleCloudStorage, type GoogleCloudStorage } from '@casare/testing'
import { casareHere, inFolder, projectFolder } from './support/casare.ts'

let project: Awaited<ReturnType<typeof projectFolder>>
let folder: string
let simulator: GoogleCloudStorage
const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_one, index) => index % 251))
const large = Buffer.concat([bytes, bytes, bytes, bytes])

beforeAll(async () => {
  simulator = await googleCloudStorage()
  const { url, projectId } = simulator
  await fetch(`${url}/storage/v1/b?project=${projectId}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${simulator.issueToken()}` },
    body: JSON.stringify({ name: 'exports' }),
  })
  project = await projectFolder()
  folder = await inFolder(project.path, 'gcs', {})
  await writeFile(join(folder, 'key.json'), JSON.stringify(simulator.serviceAccount))
  const config = {
    endpoint: url,
    tokenEndpoint: `${url}/token`,
    credentials: { kind: 'keyFile', path: join(folder, 'key.json') },
  }
  await writeFile(
    join(folder, 'casare.yaml'),
    `connections:\n  exports: { connector: gcs, config: ${JSON.stringify(config)} }\n`,
  )
  await inFolder(folder, 'data', { 'a.csv': 'a', 'ü b.csv': 'b' })
  await writeFile(join(folder, 'data/large.bin'), large)
})
afterAll(async () => {
  await simulator.close()
  await project.remove()
})

const here = (...args: string[]) => casareHere(['transfer', ...args, '--part-mib', '5'], { folder })

test('a folder goes into a bucket of Google and back; a part that was sent is not sent again', async () => {
  const sent: string[] = []
  simulator.intercept = ({ method, query, headers }) => {
    const range = String(headers['content-range'])
    if (method !== 'PUT' || !query.has('upload_id') || range.startsWith('bytes */')) return undefined
    sent.push(range)
    return sent.length === 2 ? { status: 403, reason: 'forbidden' } : undefined
  }
  const first = await here('data', 'gs://exports/backup/')
  expect(first.code).toBe(1)
  expect(simulator.openUploads).toBe(1)
  const second = await here('data', 'gs://exports/backup/')
  expect(second).toMatchObject({ code: 0 })
  const part = 5 * 1024 * 1024
  const begins = sent.map((range) => Number(/^bytes (\d+)-/.exec(range)?.[1]))
  // The last bytes go by themselves, with the sum over all.
  expect(begins).toEqual([0, part, part, 2 * part, expect.any(Number)])
  expect(simulator.openUploads).toBe(0)

  expect(await here('gs://exports/backup/', 'back')).toMatchObject({ code: 0 })
  expect((await readFile(join(folder, 'back/large.bin'))).equals(large)).toBe(true)
  expect(await readFile(join(folder, 'back/ü b.csv'), 'utf8')).toBe('b')
  const one = await here('gs://exports/backup/large.bin', 'gs://exports/copy.bin')
  expect(one).toMatchObject({ code: 0 })
})
