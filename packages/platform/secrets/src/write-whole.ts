import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/**
 * Writes a file that is there as a whole or not at all, whenever the process or the machine stops; only its owner can read it.
 * To be called by one process at a time: drafts that lie there are of one that was killed.
 * @param options.replace `false` throws EEXIST where there is one already.
 */
export async function writeWhole(path: string, text: string, options: { readonly replace: boolean }): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await dropDrafts(folder, `${basename(path)}.`)
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}.draft`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    if (options.replace) await rename(draft, path)
    else await link(draft, path)
    await syncFolder(folder)
  } finally {
    await rm(draft, { force: true })
  }
}

async function dropDrafts(folder: string, start: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith(start) && name.endsWith('.draft')) await rm(join(folder, name), { force: true })
}

/** A new name is on the disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
