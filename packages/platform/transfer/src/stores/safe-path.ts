import { invalidInput } from '@casare/core'
import { mkdir, realpath } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** Names that Windows takes for devices, with any extension. */
const devices = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i
const forbiddenOnWindows = /[<>:"|?*\\]|[. ]$/
const maxNameBytes = 255

const maxKnownFolders = 1_000

/**
 * The paths of keys below a folder. No key leads outside: neither by `..` nor by a link.
 * Names that some system would change or refuse are refused everywhere, so that a folder can move from one to another.
 */
export class SafePaths {
  readonly #root: string
  /** Folders that were made and looked at, so that each of their files costs nothing more. */
  readonly #known = new Map<string, Promise<string>>()

  constructor(root: string) {
    this.#root = root
  }

  /**
   * The path of a key, the folders on the way made.
   * @throws `invalid_input`, naming the key
   */
  async of(key: string): Promise<string> {
    const names = key.split('/')
    for (const name of names) {
      const problem = problemOf(name)
      if (problem !== undefined) throw invalidInput(`${JSON.stringify(key)} cannot be a file: ${problem}.`)
    }
    const folder = dirname(join(this.#root, ...names))
    let parent = this.#known.get(folder)
    if (parent === undefined) {
      if (this.#known.size >= maxKnownFolders) this.#known.clear()
      parent = this.#make(folder, key)
      this.#known.set(folder, parent)
      parent.catch(() => this.#known.delete(folder))
    }
    return join(await parent, names.at(-1) ?? '')
  }

  /** Looks again from now on: a folder may be gone. */
  forget(): void {
    this.#known.clear()
  }

  async #make(folder: string, key: string): Promise<string> {
    await mkdir(folder, { recursive: true })
    const [base, parent] = await Promise.all([realpath(this.#root), realpath(folder)])
    if (parent !== base && !parent.startsWith(base.endsWith(sep) ? base : base + sep))
      throw invalidInput(`${JSON.stringify(key)} cannot be a file: a link on its way leads outside of the folder.`)
    return parent
  }
}

function problemOf(name: string): string | undefined {
  if (name === '') return 'it begins or ends with a slash or has two in a row'
  if (name === '.' || name === '..') return `"${name}" is no name`
  if (/[\0-\x1f\x7f]/.test(name)) return 'it has a control character'
  if (forbiddenOnWindows.test(name)) return `"${name}" is no file name on Windows`
  if (devices.test(name)) return `"${name}" is the name of a device on Windows`
  if (Buffer.byteLength(name) > maxNameBytes) return `a name of more than ${maxNameBytes} bytes`
  return undefined
}
