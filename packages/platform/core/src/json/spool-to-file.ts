import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Writes a stream into a new file that only this user can read.
 * @param folder default: `casare` in the system's temporary folder.
 */
export async function spoolToFile(
  stream: AsyncIterable<Uint8Array>,
  folder: string = join(tmpdir(), 'casare'),
): Promise<{ readonly file: string; readonly sha256: string; readonly bytes: number }> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, randomUUID())
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of stream) {
      hash.update(chunk)
      bytes += chunk.byteLength
      if (!output.write(chunk)) await once(output, 'drain')
    }
    output.end()
    await once(output, 'finish')
  } catch (error) {
    output.destroy()
    await rm(file, { force: true })
    throw error
  }
  return { file, sha256: hash.digest('hex'), bytes }
}
