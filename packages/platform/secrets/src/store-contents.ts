import { invalidInput, isPlainObject } from '@casare/core'

/** A secret as it lies in the store. */
export interface StoredSecret {
  readonly value: string
  /** 1 for the first value, one more with each that replaced it. */
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** What is sealed: secrets by their names. */
export type StoreContents = ReadonlyMap<string, StoredSecret>

const maxNameLength = 256
const maxValueBytes = 65_536
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._@-]|\/(?=[A-Za-z0-9]))*$/

/** @throws `invalid_input` for a name that a reference could not carry. */
export function checkName(name: string): void {
  if (name.length > maxNameLength || !namePattern.test(name))
    throw invalidInput(
      `"${name.slice(0, maxNameLength)}" is no name of a secret. Write letters, digits, ".", "_", "@", "-" and "/" between parts, ${maxNameLength} at most: github/token.`,
    )
}

/** @throws `invalid_input` for an empty value, or one of more than 64 KiB. */
export function checkValue(name: string, value: string): void {
  const bytes = Buffer.byteLength(value)
  if (bytes === 0) throw invalidInput(`The value of ${name} is empty.`)
  if (bytes > maxValueBytes)
    throw invalidInput(`The value of ${name} has ${bytes} bytes; a secret has ${maxValueBytes} at most.`)
}

export function writeContents(contents: StoreContents): string {
  return JSON.stringify([...contents].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Read after it was unsealed with the right key, so that only we have written it. */
export function readContents(text: string, path: string): StoreContents {
  const entries: unknown = JSON.parse(text)
  if (!Array.isArray(entries)) throw invalidInput(`${path} holds something else than secrets.`)
  const contents = new Map<string, StoredSecret>()
  for (const entry of entries as unknown[]) {
    const [name, secret] = Array.isArray(entry) ? (entry as unknown[]) : []
    if (typeof name !== 'string' || !isPlainObject(secret) || typeof secret['value'] !== 'string')
      throw invalidInput(`${path} holds something else than secrets.`)
    contents.set(name, secret as unknown as StoredSecret)
  }
  return contents
}
