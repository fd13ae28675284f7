import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import type { JsonSchema } from '../schemas/standard-schema.ts'
import { isPlainObject } from '../values/kinds.ts'
import type { SecretProviders } from './providers.ts'
import { isSecretReference, parseSecretReference } from './reference.ts'
import { Secret } from './secret.ts'

/** A mistake in a config, with the path of its field. */
export interface ReferenceProblem {
  readonly path: readonly (string | number)[]
  readonly error: ConnectorError
}

/**
 * A config from a file with its references replaced by secrets. A field that the schema marks as secret must hold a
 * reference; plain text there is refused, and so is a reference in a field that is not secret.
 * @returns the config, and every problem found.
 */
export async function resolveReferences(
  config: unknown,
  schema: JsonSchema,
  providers: SecretProviders,
): Promise<{ readonly config: unknown; readonly problems: readonly ReferenceProblem[] }> {
  const problems: ReferenceProblem[] = []
  const resolved = await visit(config, [schema], providers, [], problems)
  return { config: resolved, problems }
}

async function visit(
  value: unknown,
  schemas: readonly JsonSchema[],
  providers: SecretProviders,
  path: readonly (string | number)[],
  problems: ReferenceProblem[],
): Promise<unknown> {
  if (path.length > 20) return value
  const secret = schemas.some((schema) => schema['secret'] === true)
  if (typeof value === 'string') {
    try {
      return await text(value, secret, providers)
    } catch (error) {
      problems.push({ path, error: ConnectorError.is(error) ? error : invalidInput(String(error), error) })
      return secret ? new Secret('unresolved') : value
    }
  }
  if (Array.isArray(value))
    return Promise.all(value.map((item, index) => visit(item, itemsOf(schemas), providers, [...path, index], problems)))
  if (!isPlainObject(value)) return value
  const result: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) {
    const resolved = await visit(item, propertyOf(schemas, key), providers, [...path, key], problems)
    Object.defineProperty(result, key, { value: resolved, enumerable: true, configurable: true, writable: true })
  }
  return result
}

async function text(value: string, secret: boolean, providers: SecretProviders): Promise<unknown> {
  if (!isSecretReference(value)) {
    if (secret)
      throw invalidInput('a secret must not stand here in plain text. Write a reference such as secret://env/NAME.')
    return value
  }
  if (!secret) throw invalidInput('this field is not secret: its value is shown in logs. Do not put a secret here.')
  const reference = parseSecretReference(value)
  const provider = Object.hasOwn(providers, reference.provider) ? providers[reference.provider] : undefined
  if (provider === undefined)
    throw invalidInput(
      `there is no provider of secrets "${reference.provider}". There is: ${Object.keys(providers).join(', ')}.`,
    )
  return provider(reference)
}

/** A schema with all of its alternatives. */
function branches(schema: JsonSchema): JsonSchema[] {
  const all = [schema]
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const list = schema[key]
    if (Array.isArray(list)) for (const one of list) if (isPlainObject(one)) all.push(...branches(one))
  }
  return all
}

function propertyOf(schemas: readonly JsonSchema[], key: string): JsonSchema[] {
  return schemas.flatMap(branches).flatMap((schema) => {
    const { properties, additionalProperties } = schema
    if (isPlainObject(properties) && Object.hasOwn(properties, key)) return branches(properties[key] as JsonSchema)
    return isPlainObject(additionalProperties) ? branches(additionalProperties) : []
  })
}

function itemsOf(schemas: readonly JsonSchema[]): JsonSchema[] {
  return schemas.flatMap(branches).flatMap(({ items }) => (isPlainObject(items) ? branches(items) : []))
}
