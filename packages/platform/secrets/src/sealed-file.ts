import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { invalidInput, isPlainObject } from '@casare/core'
import { checkDerivation, type Derivation } from './derive-key.ts'

/** The file as it is on the disk: one JSON object. What is sealed is one text: no entry can be taken out or swapped. */
export interface SealedFile {
  readonly derivation: Derivation
  readonly nonce: Buffer
  readonly sealed: Buffer
}

const format = 'casare-secrets'
const version = 1
const nonceBytes = 12
const tagBytes = 16
/** A larger file is none of ours. */
export const maxFileBytes = 16 * 1024 * 1024

/** Seals a text (AES-256-GCM; NIST SP 800-38D), together with how its key is made. */
export function seal(text: string, key: Buffer, derivation: Derivation): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associated(derivation))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${JSON.stringify({ format, version, derivation, nonce: nonce.toString('base64'), sealed: sealed.toString('base64') })}\n`
}

/** @throws `invalid_input`, saying whether the file is damaged, of a newer version, or no store at all. */
export function parseSealedFile(text: string, path: string): SealedFile {
  let file: unknown
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw invalidInput(
      `${path} is damaged: it is no whole JSON text (${text.length} characters). Put back a copy of it; nothing was changed.`,
      error,
    )
  }
  if (!isPlainObject(file) || file['format'] !== format)
    throw invalidInput(`${path} is not a store of secrets. Name another file, or move this one away.`)
  if (file['version'] !== version)
    throw invalidInput(
      `${path} was written by a newer version of @casare/secrets (format ${String(file['version'])}, known: ${version}). Update it; nothing was changed.`,
    )
  const derivation = checkDerivation(file['derivation'], path)
  const nonce = Buffer.from(String(file['nonce']), 'base64')
  const sealed = Buffer.from(String(file['sealed']), 'base64')
  if (nonce.length !== nonceBytes || sealed.length < tagBytes)
    throw invalidInput(`${path} is damaged: a part of it is missing. Put back a copy of it; nothing was changed.`)
  return { derivation, nonce, sealed }
}

/** @returns `undefined` where the key is not that of the file, or a byte of the file was changed: nobody can tell which. */
export function unseal({ derivation, nonce, sealed }: SealedFile, key: Buffer): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(associated(derivation))
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

function associated(derivation: Derivation): Buffer {
  return Buffer.from(JSON.stringify([format, version, derivation]))
}
