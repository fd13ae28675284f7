import { invalidInput } from '../errors/connector-error.ts'
import { Secret } from './secret.ts'

/**
 * A secret from an environment variable. Read again at each use, so that a rotated value counts.
 * @throws `invalid_input` at once where the variable is not set or empty.
 */
export function fromEnv(name: string): Secret {
  const read = (): string => {
    const value = process.env[name]
    if (value === undefined || value === '')
      throw invalidInput(`Environment variable ${name} is not set. Set it, or pass the value another way.`)
    return value
  }
  read()
  return new Secret(read, `env ${name}`)
}
