import { readFileSync, statSync } from 'node:fs'
import { invalidInput } from '../errors/connector-error.ts'
import { Secret } from './secret.ts'
import { isError } from '../values/kinds.ts'

const maxSecretBytes = 65_536

/**
 * A secret from a file, one trailing line break removed (as Docker and Kubernetes mount them). Read again at each use.
 * @param path at most 64 KiB of UTF-8 text.
 * @throws `invalid_input` at once where the file cannot be read, is too large or empty.
 */
export function fromFile(path: string): Secret {
  const read = (): string => {
    try {
      if (statSync(path).size > maxSecretBytes)
        throw invalidInput(`Secret file ${path} is larger than ${maxSecretBytes} bytes.`)
      const value = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
      if (value === '') throw invalidInput(`Secret file ${path} is empty.`)
      return value
    } catch (error) {
      if (isError(error) && 'syscall' in error)
        throw invalidInput(`Secret file ${path} cannot be read: ${error.message}`, error)
      throw error
    }
  }
  read()
  return new Secret(read, `file ${path}`)
}
