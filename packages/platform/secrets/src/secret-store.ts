import { existsSync } from 'node:fs'
import { ConnectorError, nearest, Secret, type SecretProvider } from '@casare/core'
import { createKeyFile, dropNextKey, nextKeyPath, promoteNextKey } from './key-file.ts'
import type { StoreKey } from './key.ts'
import { OpenedFile } from './opened-file.ts'
import { checkName, checkValue, type StoreContents, type StoredSecret } from './store-contents.ts'
import { withLock } from './store-lock.ts'

/** What is told of a secret: all but its value. */
export interface SecretInfo {
  readonly name: string
  /** 1 for the first value, one more with each that replaced it. */
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** An encrypted store of secrets in a file. */
export interface SecretStore {
  /** Names and versions, sorted by name. */
  list(): Promise<readonly SecretInfo[]>
  /**
   * A secret, read again at each use: a value that is replaced counts from then on.
   * @param field a field of a value that is a JSON object.
   * @throws `not_found`, with the nearest names.
   */
  get(name: string, field?: string): Promise<Secret>
  /**
   * Sets a value, or replaces it.
   * @param name letters, digits, `.`, `_`, `@`, `-`, and `/` between parts; at most 256.
   * @param value 1 byte to 64 KiB of text.
   */
  set(name: string, value: string | Secret): Promise<SecretInfo>
  /** @returns whether there was one. */
  delete(name: string): Promise<boolean>
  /**
   * Locks the store with another key; without one, with a new key file in the place of the old one. A store whose rotation was
   * killed at any moment opens with the key that is there.
   */
  rotateKey(key?: StoreKey): Promise<void>
  /** For references: `secret://store/NAME` and `secret://store/NAME#FIELD`. */
  readonly provider: SecretProvider
}

/**
 * Opens a store, or begins a new one with the first value that is set. Several processes may use one file.
 * @param options.path the file: AES-256-GCM, mode 0600, replaced as a whole.
 * @throws `unauthenticated` for a wrong key; `invalid_input` for a damaged file or one of a newer version.
 */
export async function openSecretStore(options: {
  readonly path: string
  readonly key: StoreKey
}): Promise<SecretStore> {
  const file = new OpenedFile(options.path, options.key)
  await file.contents()
  return new FileStore(file)
}

class FileStore implements SecretStore {
  readonly #file: OpenedFile

  constructor(file: OpenedFile) {
    this.#file = file
  }

  readonly provider: SecretProvider = ({ path, field }) => this.get(path, field)

  async list(): Promise<readonly SecretInfo[]> {
    return [...(await this.#file.contents())].map(([name, secret]) => infoOf(name, secret))
  }

  async get(name: string, field?: string): Promise<Secret> {
    read(await this.#file.contents(), name, field)
    return new Secret(() => read(this.#file.contentsNow(), name, field), `store ${name}`)
  }

  async set(name: string, value: string | Secret): Promise<SecretInfo> {
    checkName(name)
    const text = Secret.is(value) ? value.reveal() : value
    checkValue(name, text)
    return this.#change(async (contents) => {
      const before = contents.get(name)
      const now = new Date().toISOString()
      const secret = {
        value: text,
        version: (before?.version ?? 0) + 1,
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      }
      await this.#file.replace(new Map(contents).set(name, secret))
      return infoOf(name, secret)
    })
  }

  async delete(name: string): Promise<boolean> {
    return this.#change(async (contents) => {
      if (!contents.has(name)) return false
      const left = new Map(contents)
      left.delete(name)
      await this.#file.replace(left)
      return true
    })
  }

  async rotateKey(key?: StoreKey): Promise<void> {
    await this.#change(async (contents) => {
      const before = this.#file.key
      if (key !== undefined) {
        if (key.kind === 'keyFile' && !existsSync(key.path)) await createKeyFile(key.path)
        return this.#replaceWith(key, contents)
      }
      if (before.kind !== 'keyFile')
        throw new ConnectorError({
          code: 'invalid_input',
          message: `${this.#file.path} is locked with a passphrase: say what the new one is.`,
        })
      // Left by a rotation that was stopped before it came to the store.
      await dropNextKey(before.path)
      await createKeyFile(nextKeyPath(before.path))
      await this.#replaceWith({ kind: 'keyFile', path: nextKeyPath(before.path) }, contents)
      await promoteNextKey(before.path)
      this.#file.useKey(before)
    })
  }

  async #replaceWith(key: StoreKey, contents: StoreContents): Promise<void> {
    const before = this.#file.key
    this.#file.useKey(key)
    try {
      await this.#file.replace(contents)
    } catch (error) {
      this.#file.useKey(before)
      throw error
    }
  }

  /** One process at a time: what is changed is what lies on the disk, not what was read before. */
  #change<Result>(work: (contents: StoreContents) => Promise<Result>): Promise<Result> {
    return withLock(this.#file.path, async () => {
      const { key, path } = this.#file
      if (key.kind === 'keyFile' && !existsSync(path) && !existsSync(key.path)) await createKeyFile(key.path)
      const contents = await this.#file.contents()
      if (key.kind === 'keyFile' && this.#file.usesNextKey) {
        await promoteNextKey(key.path)
        this.#file.useKey(key)
      }
      return work(contents)
    })
  }
}

function read(contents: StoreContents, name: string, field: string | undefined): string {
  const secret = contents.get(name)
  if (secret === undefined)
    throw new ConnectorError({
      code: 'not_found',
      message: `There is no secret "${name}" in the store.${nearest(name, [...contents.keys()])}`,
    })
  return field === undefined ? secret.value : fieldOf(secret.value, name, field)
}

function fieldOf(value: string, name: string, field: string): string {
  let fields: unknown
  try {
    fields = JSON.parse(value)
  } catch {
    // The parser's message would show a part of the value.
  }
  const found = typeof fields === 'object' && fields !== null && Object.hasOwn(fields, field)
  const text: unknown = found ? (fields as Record<string, unknown>)[field] : undefined
  if (typeof text === 'string' && text !== '') return text
  throw new ConnectorError({
    code: 'not_found',
    message: `The secret "${name}" has no field "${field}": its value must be a JSON object with that field as a text.`,
  })
}

function infoOf(name: string, { version, createdAt, updatedAt }: StoredSecret): SecretInfo {
  return { name, version, createdAt, updatedAt }
}
