import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import { describeWithPeer, findPeer, planPeer, type Peer } from '../../peers/src/index.ts'
import { workspaceRoot } from '../../workspace.ts'
import { casare } from './casare.ts'

const suffix = randomBytes(6).toString('hex')
const bucket = `casare-example-${suffix}`
const azureAccount = 'devstoreaccount1'
/** The emulator's well-known key (https://learn.microsoft.com/azure/storage/common/storage-use-azurite). */
const azureKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
const mebibyte = 1024 * 1024
const deep = process.env['CASARE_DEEP'] === '1'
const largeBytes = (deep ? 1_024 : 256) * mebibyte
const smallFiles = deep ? 10_000 : 500

let folder: string
beforeAll(async () => {
  const cache = join(workspaceRoot, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  folder = await mkdtemp(join(cache, 'casare-examples-'))
  await cp(join(workspaceRoot, 'examples/files-between-stores'), folder, { recursive: true })
  await mkdir(join(folder, 'reports/small'), { recursive: true })
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, suffix), Buffer.alloc(16))
  const large = Array.from({ length: largeBytes / mebibyte }, () => cipher.update(Buffer.alloc(mebibyte)))
  await writeFile(join(folder, 'reports/large.bin'), large)
  for (let index = 0; index < smallFiles; index += 1)
    await writeFile(join(folder, `reports/small/${index}.txt`), cipher.update(Buffer.alloc(10_240)))
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The sum of each file below a folder. */
async function sums(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const one of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (!one.isFile()) continue
    const file = join(one.parentPath, one.name)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
    found[file.slice(path.length + 1)] = hash.digest('hex')
  }
  return found
}

/** Keys and numbers of the parts that journals say were sent. */
async function partsSent(): Promise<string[]> {
  const journals = join(folder, '.casare/transfers')
  const names = (await readdir(journals).catch(() => [])).filter((name) => name.endsWith('.jsonl'))
  const texts = await Promise.all(names.map((name) => readFile(join(journals, name), 'utf8')))
  return texts.flatMap((text, index) =>
    [...text.matchAll(/"type":"part","key":"([^"]*)","part":\{"number":(\d+)/g)].map(
      ([, key, number]) => `${index} ${key} ${number}`,
    ),
  )
}

await describeWithPeer((await planPeer('azurite')).source === 'missing' ? 'azurite' : 'radosgw', {}, (gateway) => {
  let azurite: Peer | undefined
  beforeAll(async () => {
    azurite = await findPeer('azurite')
  }, 100_000)
  afterAll(() => azurite?.stop())

  test('files go from a folder to S3, to Azure and back, also where the command is killed', async () => {
    const { username: keyId, password, origin: archive } = new URL(gateway().url)
    const backupUrl = new URL(azurite?.url ?? '')
    backupUrl.port = new URLSearchParams(backupUrl.hash.slice(1)).get('blob') ?? backupUrl.port
    const backup = `${backupUrl.origin}/${azureAccount}`
    const keys = { accessKeyId: keyId, secretAccessKey: password }
    const s3 = new S3Client({ region: 'us-east-1', endpoint: archive, forcePathStyle: true, credentials: keys })
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    s3.destroy()
    await new BlobServiceClient(backup, new StorageSharedKeyCredential(azureAccount, azureKey))
      .getContainerClient(bucket)
      .create()

    const env = { ARCHIVE_SECRET: password, BACKUP_KEY: azureKey }
    const settings = [`archive=${archive}`, `archiveKeyId=${keyId}`, `backup=${backup}`].flatMap((one) => [
      '--set',
      one,
    ])
    const move = async (...args: string[]): Promise<Record<string, number>> => {
      const { code, stdout, stderr } = await casare(['transfer', ...args, ...settings, '--json'], { folder, env })
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
      return JSON.parse(stdout) as Record<string, number>
    }

    // Killed when some parts have arrived, then begun again.
    const bin = join(workspaceRoot, 'packages/apps/cli/src/bin.ts')
    const args = ['--conditions=@casare/source', bin, 'transfer', 'reports', `s3://${bucket}/2026/`, ...settings]
    const killed = spawn(process.execPath, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: 'ignore',
    })
    const closed = once(killed, 'close')
    while ((await partsSent()).length < 2 && killed.exitCode === null) await sleep(10)
    killed.kill('SIGKILL')
    await closed
    expect(killed.signalCode).toBe('SIGKILL')

    const up = await move('reports', `s3://${bucket}/2026/`)
    expect(up).toMatchObject({ failed: 0, found: smallFiles + 1 })
    expect(up['bytesResumed']).toBeGreaterThan(16 * mebibyte)
    const parts = await partsSent()
    expect(new Set(parts).size).toBe(parts.length)

    expect(await move(`s3://${bucket}/2026/`, `azure://${bucket}/copy/`)).toMatchObject({
      failed: 0,
      moved: smallFiles + 1,
    })
    expect(await move(`azure://${bucket}/copy/`, 'again', '--sync')).toMatchObject({ failed: 0, moved: smallFiles + 1 })
    expect(await move(`azure://${bucket}/copy/`, 'again', '--sync')).toMatchObject({
      moved: 0,
      skipped: smallFiles + 1,
    })
    expect(await sums(join(folder, 'again'))).toEqual(await sums(join(folder, 'reports')))
  }, 240_000)
})
