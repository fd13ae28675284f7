import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { ConnectorError, invalidInput, isError } from '@casare/core'
import { writeWhole } from './write-whole.ts'

const keyBytes = 32
const othersMayRead = 0o077

/** Reads the key. @throws `invalid_input` where it is missing, no key, or can be read by others. */
export function readKeyFile({ path }: { readonly path: string }): Buffer {
  let text: string
  try {
    const { mode, size } = statSync(path)
    if (process.platform !== 'win32' && (mode & othersMayRead) !== 0)
      throw new ConnectorError({
        code: 'permission_denied',
        message: `The key file ${path} can be read by others (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`,
      })
    text = size > 1_024 ? '' : readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (ConnectorError.is(error)) throw error
    throw invalidInput(
      `The key file ${path} cannot be read: ${isError(error) ? error.message : String(error)}. Without it nobody can open the store.`,
      error,
    )
  }
  const key = Buffer.from(text, 'base64')
  if (key.length !== keyBytes) throw invalidInput(`The key file ${path} must hold ${keyBytes} bytes as base64.`)
  return key
}

/** Makes a key of random bytes, mode 0600. Never replaces one that is there. */
export async function createKeyFile(path: string): Promise<void> {
  await writeWhole(path, `${randomBytes(keyBytes).toString('base64')}\n`, { replace: false })
}

/** Where a key waits that is to replace that of a store. */
export function nextKeyPath(path: string): string {
  return `${path}.next`
}

/** The store is locked with the next key: it takes the place of the one before. */
export async function promoteNextKey(path: string): Promise<void> {
  await rename(nextKeyPath(path), path)
}

/** A key that was made for a rotation which never came to be. */
export async function dropNextKey(path: string): Promise<void> {
  await rm(nextKeyPath(path), { force: true })
}
