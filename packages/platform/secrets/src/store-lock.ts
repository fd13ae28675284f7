import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConnectorError, isError } from '@casare/core'

const waitMs = 15_000
const pollMs = 20
/** Breaking a lock takes a moment; one that lies there for longer is itself left behind. */
const breakingMs = 5_000

/**
 * Runs work while no other process does, on the same machine. A lock whose process is gone is broken.
 * @throws `unavailable`, `applied: 'no'`, where it is not free within 15 s.
 */
export async function withLock<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${path}.lock`
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}\n`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const startedAt = performance.now()
  while (!(await created(lock, mine))) {
    await breakIfLeft(lock)
    if (performance.now() - startedAt > waitMs)
      throw new ConnectorError({
        code: 'unavailable',
        applied: 'no',
        transient: true,
        message: `${path} is locked by process ${(await readIfThere(lock))?.split(' ')[0] ?? '?'}. If there is no such process, delete ${lock}.`,
      })
    await sleep(pollMs / 2 + Math.random() * pollMs)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function created(path: string, text: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** One at a time breaks a lock: two would break that of whoever came in between. */
async function breakIfLeft(lock: string): Promise<void> {
  const held = await readIfThere(lock)
  if (held === undefined || isAlive(Number(held.split(' ')[0]))) return
  const breaking = `${lock}.breaking`
  if (!(await created(breaking, '')))
    return (await ageMs(breaking)) > breakingMs ? rm(breaking, { force: true }) : undefined
  try {
    if ((await readIfThere(lock)) === held) await rm(lock, { force: true })
  } finally {
    await rm(breaking, { force: true })
  }
}

/** An empty lock is one that is being written, unless its process was killed right then. */
function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId < 1) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    if (text.endsWith('\n') || (await ageMs(path)) > breakingMs) return text
    return undefined
  } catch {
    return undefined
  }
}

async function ageMs(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  )
}

function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined
}
