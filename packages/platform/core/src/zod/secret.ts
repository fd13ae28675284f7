import { z } from 'zod'
import { Secret, type SecretInput } from '../secrets/secret.ts'
import { withJsonSchema } from './with-json-schema.ts'

/** A secret field: takes a string, `fromEnv(…)`, `fromFile(…)` or a `Secret`; gives a `Secret`. JSON faces see it marked. */
export function secret(description?: string): z.ZodType<Secret, SecretInput> {
  const given = z.custom<SecretInput>(
    (value) => Secret.is(value) || (typeof value === 'string' && value.length > 0),
    'expected a secret: a string that is not empty, fromEnv(…) or fromFile(…)',
  )
  const schema = given.transform((value) => (typeof value === 'string' ? new Secret(value) : value))
  return withJsonSchema(schema, {
    type: 'string',
    minLength: 1,
    secret: true,
    ...(description === undefined ? {} : { description }),
  })
}
