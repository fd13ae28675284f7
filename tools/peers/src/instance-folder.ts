import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const prefix = 'casare-peer-'

/** A folder of one instance. */
export interface InstanceFolder {
  /** Absolute path; short, for the sockets in it (108 characters at most, see unix(7)). */
  readonly path: string
  /** Absolute path of the part that belongs to the server's account. */
  readonly site: string
  remove(): void
}

/** Makes the folder of an instance that this process supervises, and removes those whose supervisors are dead. */
export function createInstanceFolder(name: string): InstanceFolder {
  sweep()
  const path = mkdtempSync(join(tmpdir(), `${prefix}${name}-`))
  writeFileSync(join(path, 'supervisor.pid'), String(process.pid))
  const site = join(path, 'site')
  mkdirSync(site, { mode: 0o700 })
  return { path, site, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Removes what is left of instances that were ended together with their supervisor, as by the kernel for want of memory. */
function sweep(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(prefix))) {
    const path = join(tmpdir(), name)
    try {
      if (!isAlive(Number(readFileSync(join(path, 'supervisor.pid'), 'utf8')))) rmSync(path, { recursive: true })
    } catch {
      // Somebody else's, or just being made or removed: it stays.
    }
  }
}

function isAlive(processId: number): boolean {
  if (!Number.isInteger(processId) || processId <= 0) return true
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
