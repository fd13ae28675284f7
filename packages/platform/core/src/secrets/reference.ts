import { invalidInput } from '../errors/connector-error.ts'

/** A parsed `secret://PROVIDER/PATH#FIELD`. */
export interface SecretReference {
  readonly provider: string
  readonly path: string
  readonly field: string | undefined
  readonly text: string
}

const prefix = 'secret://'

/** Does the text mean to be a reference to a secret? */
export function isSecretReference(text: unknown): text is string {
  return typeof text === 'string' && text.startsWith(prefix)
}

/** Takes a reference apart. @throws `invalid_input` for a text that is not of the form `secret://PROVIDER/PATH#FIELD`. */
export function parseSecretReference(text: string): SecretReference {
  const match = /^secret:\/\/([a-z][a-z0-9-]{0,63})\/([^#]{1,1024})(?:#(.{1,256}))?$/.exec(text)
  const [, provider, path, field] = match ?? []
  if (provider === undefined || path === undefined)
    throw invalidInput(
      `"${text}" is not a reference to a secret. Write secret://env/NAME, secret://file/PATH, secret://store/NAME or secret://vault/PATH#FIELD.`,
    )
  return { provider, path, field, text }
}
