import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ProcessWatcher } from './run-command.ts'

/** A running private registry. */
export interface Registry {
  /** Its address on loopback, with a closing slash. */
  url: string
  /** Ends with the registry the processes that are still running then. */
  watcher: ProcessWatcher
  /** Ends it and removes its folder. */
  close(): Promise<void>
}

/**
 * Starts a private registry on a free loopback port. It and the folder are gone when `close` is called, and also when
 * this process dies without calling it.
 *
 * @param folder a temporary folder; the registry owns it from here on
 * @param uplink address of the registry that answers for everything but `@casare/*`
 * @param certificatesPath extra certificate authorities for the uplink, PEM
 */
export async function startRegistry(folder: string, uplink: string, certificatesPath?: string): Promise<Registry> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'registry-process.ts'), folder, uplink], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...(certificatesPath ? { NODE_EXTRA_CA_CERTS: certificatesPath } : {}) },
  })
  // A registry that died is noticed where it is needed, not where it is told of a process.
  child.stdin.on('error', () => {})
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('http://127.0.0.1:')) resolve(line)
    })
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`the private registry ended at once, exit code ${code}`)))
  })
  return {
    url,
    watcher: {
      started: (processId) => void child.stdin.write(`+${processId}\n`),
      ended: (processId) => void child.stdin.write(`-${processId}\n`),
    },
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
