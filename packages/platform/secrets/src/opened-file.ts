import { existsSync, readFileSync, statSync, type BigIntStats } from 'node:fs'
import { ConnectorError, invalidInput, isError } from '@casare/core'
import { deriveKey, deriveKeySync, newDerivation, type Derivation } from './derive-key.ts'
import { nextKeyPath, readKeyFile } from './key-file.ts'
import type { StoreKey } from './key.ts'
import { maxFileBytes, parseSealedFile, seal, unseal, type SealedFile } from './sealed-file.ts'
import { readContents, writeContents, type StoreContents } from './store-contents.ts'
import { writeWhole } from './write-whole.ts'

/** The file of a store, with what was read from it last. */
export class OpenedFile {
  readonly path: string
  #key: StoreKey
  #derived: { readonly derivation: Derivation; readonly bytes: Buffer } | undefined
  #read: { readonly stamp: string; readonly contents: StoreContents } | undefined
  /** The store is locked with the key that was to replace the one at hand: whoever rotated it was stopped before the end. */
  usesNextKey = false

  constructor(path: string, key: StoreKey) {
    this.path = path
    this.#key = key
  }

  get key(): StoreKey {
    return this.#key
  }

  /** What is in it; empty where there is no file. Derives the key without blocking. */
  async contents(): Promise<StoreContents> {
    const stamp = this.#stamp()
    if (stamp === undefined) return new Map()
    if (this.#read?.stamp === stamp) return this.#read.contents
    const file = this.#parse()
    if (!this.#isDerived(file.derivation))
      this.#derived = {
        derivation: file.derivation,
        bytes: await deriveKey(this.#key, file.derivation, this.path),
      }
    return this.#open(file, stamp)
  }

  /** The same at once: for a `Secret`, which is read where nobody can wait. */
  contentsNow(): StoreContents {
    const stamp = this.#stamp()
    if (stamp === undefined) return new Map()
    if (this.#read?.stamp === stamp) return this.#read.contents
    const file = this.#parse()
    if (!this.#isDerived(file.derivation))
      this.#derived = { derivation: file.derivation, bytes: deriveKeySync(this.#key, file.derivation, this.path) }
    return this.#open(file, stamp)
  }

  /** Replaces all that is in it. */
  async replace(contents: StoreContents): Promise<void> {
    const text = writeContents(contents)
    if (this.#derived === undefined) {
      const derivation = newDerivation(this.#key)
      this.#derived = { derivation, bytes: await deriveKey(this.#key, derivation, this.path) }
    }
    const { derivation, bytes } = this.#derived
    const sealed = seal(text, bytes, derivation)
    if (sealed.length > maxFileBytes)
      throw invalidInput(`${this.path} would have more than ${maxFileBytes} bytes: this is a store for secrets.`)
    await writeWhole(this.path, sealed, { replace: true })
    this.#read = undefined
  }

  /** Locks it with another key from now on. */
  useKey(key: StoreKey): void {
    this.#key = key
    this.#derived = undefined
    this.#read = undefined
    this.usesNextKey = false
  }

  #isDerived(derivation: Derivation): boolean {
    // A key file may have been replaced since, under the same name.
    if (derivation.name === 'key-file') return false
    return this.#derived !== undefined && JSON.stringify(this.#derived.derivation) === JSON.stringify(derivation)
  }

  #open(file: SealedFile, stamp: string): StoreContents {
    let text = this.#derived === undefined ? undefined : unseal(file, this.#derived.bytes)
    if (text === undefined && this.#key.kind === 'keyFile' && existsSync(nextKeyPath(this.#key.path))) {
      const bytes = readKeyFile({ path: nextKeyPath(this.#key.path) })
      text = unseal(file, bytes)
      if (text !== undefined) {
        this.#derived = { derivation: file.derivation, bytes }
        this.usesNextKey = true
      }
    }
    if (text === undefined) throw this.#refused()
    const contents = readContents(text, this.path)
    this.#read = { stamp, contents }
    return contents
  }

  #parse(): SealedFile {
    let text: string
    try {
      text = readFileSync(this.path, 'utf8')
    } catch (error) {
      throw this.#unreadable(error)
    }
    return parseSealedFile(text, this.path)
  }

  /** What changes with each write: the file is replaced as a whole. `undefined` where there is none. */
  #stamp(): string | undefined {
    let stats: BigIntStats
    try {
      stats = statSync(this.path, { bigint: true })
    } catch (error) {
      if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined
      throw this.#unreadable(error)
    }
    const { ino, mtimeNs, size } = stats
    if (size > BigInt(maxFileBytes))
      throw invalidInput(`${this.path} has ${size} bytes, more than a store of secrets can have (${maxFileBytes}).`)
    return `${ino}:${mtimeNs}:${size}`
  }

  #unreadable(error: unknown): ConnectorError {
    return invalidInput(`${this.path} cannot be read: ${isError(error) ? error.message : String(error)}`, error)
  }

  #refused(): ConnectorError {
    const what = this.#key.kind === 'keyFile' ? `the key in ${this.#key.path}` : 'the passphrase'
    return new ConnectorError({
      code: 'unauthenticated',
      message: `${this.path}: ${what} is not the right one, or the file was damaged. Nothing was changed.`,
    })
  }
}
