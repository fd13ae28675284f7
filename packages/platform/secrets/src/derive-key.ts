import { pbkdf2, pbkdf2Sync, randomBytes, scrypt, scryptSync } from 'node:crypto'
import { promisify } from 'node:util'
import { invalidInput, Secret } from '@casare/core'
import { readKeyFile } from './key-file.ts'
import type { StoreKey } from './key.ts'

/** How the key of a store is made, as its file says it. */
export type Derivation =
  | { readonly name: 'scrypt'; readonly cost: number; readonly blockSize: number; readonly salt: string }
  | { readonly name: 'pbkdf2-sha256'; readonly iterations: number; readonly salt: string }
  | { readonly name: 'key-file' }

const keyBytes = 32
const minPassphrase = 12
/** Weaker ones are refused: a file that was tampered with could ask for them. Costlier ones as well: it could ask for all memory. */
const limits = {
  // https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
  scrypt: { minCost: 2 ** 15, cost: 2 ** 17, maxCost: 2 ** 20, minBlockSize: 8, maxBlockSize: 16 },
  pbkdf2: { minIterations: 600_000, iterations: 600_000, maxIterations: 10_000_000 },
}

/** How a new file is locked with a key. */
export function newDerivation(key: StoreKey): Derivation {
  if (key.kind === 'keyFile') return { name: 'key-file' }
  const salt = randomBytes(16).toString('base64')
  return key.derivation === 'pbkdf2'
    ? { name: 'pbkdf2-sha256', iterations: limits.pbkdf2.iterations, salt }
    : { name: 'scrypt', cost: limits.scrypt.cost, blockSize: 8, salt }
}

/** @throws `invalid_input` where the file asks for a derivation that is weaker or costlier than what is allowed. */
export function checkDerivation(derivation: unknown, path: string): Derivation {
  const { name, cost, blockSize, iterations, salt } = (derivation ?? {}) as Record<string, unknown>
  const salted = typeof salt === 'string' && Buffer.from(salt, 'base64').length >= 16 && salt.length <= 128
  if (name === 'key-file') return { name }
  if (salted && name === 'scrypt' && isWithin(cost, limits.scrypt.minCost, limits.scrypt.maxCost))
    if (isPowerOfTwo(cost) && isWithin(blockSize, limits.scrypt.minBlockSize, limits.scrypt.maxBlockSize))
      return { name, cost, blockSize, salt }
  if (salted && name === 'pbkdf2-sha256')
    if (isWithin(iterations, limits.pbkdf2.minIterations, limits.pbkdf2.maxIterations))
      return { name, iterations, salt }
  throw invalidInput(
    `${path}: how its key is made is not known, or out of bounds. The file is damaged, or was changed by somebody.`,
  )
}

/** The key of a file: takes a noticeable part of a second and up to 256 MiB for a passphrase, as it should. */
export async function deriveKey(key: StoreKey, derivation: Derivation, path: string): Promise<Buffer> {
  const passphrase = passphraseOf(key, derivation, path)
  if (passphrase === undefined) return readKeyFile(key as StoreKey & { kind: 'keyFile' })
  if (derivation.name === 'scrypt')
    return scryptAsync(passphrase, saltOf(derivation), keyBytes, scryptOptions(derivation))
  if (derivation.name === 'pbkdf2-sha256')
    return pbkdf2Async(passphrase, saltOf(derivation), derivation.iterations, keyBytes, 'sha256')
  throw otherKind(path, derivation)
}

/** The same for who cannot wait: after another process has given the store a new key. */
export function deriveKeySync(key: StoreKey, derivation: Derivation, path: string): Buffer {
  const passphrase = passphraseOf(key, derivation, path)
  if (passphrase === undefined) return readKeyFile(key as StoreKey & { kind: 'keyFile' })
  if (derivation.name === 'scrypt')
    return scryptSync(passphrase, saltOf(derivation), keyBytes, scryptOptions(derivation))
  if (derivation.name === 'pbkdf2-sha256')
    return pbkdf2Sync(passphrase, saltOf(derivation), derivation.iterations, keyBytes, 'sha256')
  throw otherKind(path, derivation)
}

/** `undefined` for a key file. */
function passphraseOf(key: StoreKey, derivation: Derivation, path: string): string | undefined {
  if ((key.kind === 'keyFile') !== (derivation.name === 'key-file')) throw otherKind(path, derivation)
  if (key.kind === 'keyFile') return undefined
  const text = Secret.is(key.passphrase) ? key.passphrase.reveal() : key.passphrase
  if (text.length < minPassphrase)
    throw invalidInput(`The passphrase of ${path} must have at least ${minPassphrase} characters.`)
  // The same text typed on another system may be composed otherwise.
  return text.normalize('NFKC')
}

function otherKind(path: string, { name }: Derivation): Error {
  return invalidInput(
    name === 'key-file'
      ? `${path} is locked with a key file, and a passphrase was given.`
      : `${path} is locked with a passphrase, and a key file was given.`,
  )
}

function saltOf({ salt }: { readonly salt: string }): Buffer {
  return Buffer.from(salt, 'base64')
}

function scryptOptions({ cost, blockSize }: { readonly cost: number; readonly blockSize: number }) {
  return { N: cost, r: blockSize, p: 1, maxmem: 256 * cost * blockSize }
}

function isWithin(value: unknown, from: number, to: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to
}

function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0
}

const scryptAsync = promisify(scrypt) as (
  passphrase: string,
  salt: Buffer,
  length: number,
  options: object,
) => Promise<Buffer>
const pbkdf2Async = promisify(pbkdf2)
