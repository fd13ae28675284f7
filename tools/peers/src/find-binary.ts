import { accessSync, constants, globSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * The absolute path of a program: the first one in PATH, else in one of the folders, the highest version first.
 *
 * @param folders absolute paths, each of which may hold `*`
 */
export function findBinary(name: string, folders: readonly string[] = []): string | undefined {
  const inPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const further = folders.flatMap((folder) =>
    folder.includes('*')
      ? globSync(folder).sort((left, right) => right.localeCompare(left, 'en', { numeric: true }))
      : folder,
  )
  return [...inPath, ...further].map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
