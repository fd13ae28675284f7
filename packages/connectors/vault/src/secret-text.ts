import { invalidInput, Secret, type Redactor, type SecretInput } from '@casare/core'
import { withJsonSchema } from '@casare/core/zod'
import { z } from 'zod'

/** The value of a field of a secret; unlike a credential it may be empty. */
export function secretText(description?: string): z.ZodType<Secret, SecretInput> {
  const given = z.custom<SecretInput>((value) => Secret.is(value) || typeof value === 'string', 'expected a text')
  return withJsonSchema(
    given.transform((value) => (typeof value === 'string' ? new Secret(value) : value)),
    { type: 'string', secret: true, ...(description === undefined ? {} : { description }) },
  )
}

/** Longer ones would be looked for in texts that are never that long. */
const maxRedactedLength = 8_192

/** Registers a value so that it shows in no log and no error. */
export function register(text: string, redactor: Redactor): void {
  if (text.length <= maxRedactedLength) redactor.add(text)
}

/** A value that Vault gave. One that is no text leaves as its JSON. */
export function wrapped(value: unknown, redactor: Redactor): Secret {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  register(text, redactor)
  return new Secret(text, 'vault')
}

/** A value on its way to Vault. */
export function revealed(secret: Secret, redactor: Redactor): string {
  const text = secret.reveal()
  if (!text.isWellFormed())
    throw invalidInput('A value has half of a surrogate pair, which JSON cannot carry as it is.')
  register(text, redactor)
  return text
}
