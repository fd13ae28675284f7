import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve } from 'node:path'
import { invalidInput } from '../errors/connector-error.ts'

/** Opens a `{ file }` body. @throws as `allowedPath` */
export async function openFile(
  file: string,
  roots: readonly string[],
): Promise<{ readonly length: number; stream(): AsyncIterable<Uint8Array> }> {
  const path = await allowedPath(file, roots)
  const { size } = await stat(path)
  return { length: size, stream: () => createReadStream(path) }
}

/**
 * The real path of a file below one of the roots; links are resolved first, so that none leads outside.
 * @throws `invalid_input` where the file is outside of the roots, not there, or not a plain file.
 */
export async function allowedPath(file: string, roots: readonly string[]): Promise<string> {
  if (roots.length === 0)
    throw invalidInput(
      `Files are not allowed as bodies here. Name the folders they may come from in the connection's files.roots.`,
    )
  for (const root of roots) {
    const base = await realpath(root).catch(() => undefined)
    if (base === undefined) continue
    const path = await realpath(resolve(base, file)).catch(() => undefined)
    if (path === undefined) continue
    const inside = relative(base, path)
    if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) continue
    if (!(await stat(path)).isFile()) throw invalidInput(`${file} is not a plain file.`)
    return path
  }
  throw invalidInput(`File ${file} was not found below the folders allowed by files.roots.`)
}
