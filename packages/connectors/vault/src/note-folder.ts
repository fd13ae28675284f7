import { randomUUID } from 'node:crypto'
import type * as FileSystem from 'node:fs/promises'
import { join } from 'node:path'
import type { Note } from './note.ts'

const ending = '.txt'

/** The client: a folder with a text file per note. A note is there whole or not at all, also after a crash. */
export class NoteFolder {
  readonly #folder: string
  readonly #files: typeof FileSystem

  constructor(folder: string, files: typeof FileSystem) {
    this.#folder = folder
    this.#files = files
  }

  /** Names of all notes, in order. */
  async names(): Promise<string[]> {
    const found = await this.#files.readdir(this.#folder, { withFileTypes: true })
    return found
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map(({ name }) => name.slice(0, -ending.length))
      .sort()
  }

  async read(name: string, signal: AbortSignal): Promise<string> {
    return this.#files.readFile(this.#path(name), { encoding: 'utf8', signal })
  }

  /** Stores a note in place of one that is there. */
  async put(note: Note, signal: AbortSignal): Promise<void> {
    await this.#written(note.text, signal, (draft) => this.#files.rename(draft, this.#path(note.name)))
  }

  /** Stores a note; fails with EEXIST where there is one of that name. */
  async create(note: Note, signal: AbortSignal): Promise<void> {
    await this.#written(note.text, signal, (draft) => this.#files.link(draft, this.#path(note.name)))
  }

  async delete(name: string): Promise<void> {
    await this.#files.unlink(this.#path(name))
  }

  /** Writes a draft, puts it in its place, and leaves none behind. */
  async #written(text: string, signal: AbortSignal, place: (draft: string) => Promise<void>): Promise<void> {
    const draft = join(this.#folder, `.${randomUUID()}.draft`)
    try {
      await this.#files.writeFile(draft, text, { signal, flush: true })
      await place(draft)
    } finally {
      await this.#files.rm(draft, { force: true })
    }
  }

  #path(name: string): string {
    return join(this.#folder, `${name}${ending}`)
  }
}
