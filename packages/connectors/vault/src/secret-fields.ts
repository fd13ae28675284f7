import type { Secret, SecretInput } from '@casare/core'
import { withJsonSchema } from '@casare/core/zod'
import { z } from 'zod'
import { secretText } from './secret-text.ts'

const secretJson = { type: 'string', secret: true }
const object = (value: object, description: string) => ({ type: 'object', additionalProperties: value, description })

/** Fields on their way to Vault. */
export function fieldsIn(description: string): z.ZodType<Record<string, Secret>, Record<string, SecretInput>> {
  const record = z.record(z.string(), secretText())
  return withJsonSchema(z.preprocess(refuseProto, record), object(secretJson, description)) as never
}

/** Changes on their way to Vault; `null` takes a field away. */
export function changesIn(
  description: string,
): z.ZodType<Record<string, Secret | null>, Record<string, SecretInput | null>> {
  const record = z.record(z.string(), z.union([secretText(), z.null()]))
  const json = object({ anyOf: [secretJson, { type: 'null' }] }, description)
  return withJsonSchema(z.preprocess(refuseProto, record), json) as never
}

/** Fields that Vault gave. */
export function fieldsOut(description: string) {
  return z.record(z.string(), secretText()).describe(description)
}

/** The schema library leaves a field of this name out without a word, and a secret would lose it. */
function refuseProto(value: unknown, context: { addIssue(message: string): void }): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
    context.addIssue('a field cannot have the name __proto__')
  return value
}
