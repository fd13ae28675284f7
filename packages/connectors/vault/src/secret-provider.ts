import { ConnectorError, invalidInput, type CallContext, type Secret } from '@casare/core'
import { readSecret } from './operations/read-secret.ts'
import { isPath } from './paths.ts'
import type { VaultClient } from './vault-client.ts'

/**
 * Resolves `secret://vault/PATH#FIELD` with the connection's key/value engine; without a field where the secret has only one.
 * @throws `not_found` for a secret or a field that is not there
 */
export async function secretProvider(
  client: VaultClient,
  path: string,
  field: string | undefined,
  context: CallContext,
): Promise<Secret> {
  const reference = `secret://vault/${path}`
  if (!isPath(path)) throw invalidInput(`${reference}: the path must be like team/app, without slashes at its ends.`)
  const { data } = await readSecret.run(client, { path }, context as CallContext<undefined>)
  const names = Object.keys(data)
  if (field === undefined && names.length !== 1)
    throw invalidInput(`${reference}: the secret has ${names.length} fields. Say which one: ${reference}#FIELD.`)
  const name = field ?? names[0] ?? ''
  const value = Object.hasOwn(data, name) ? data[name] : undefined
  if (value === undefined)
    throw new ConnectorError({
      code: 'not_found',
      message: `${reference}#${name}: the secret has no field of this name.`,
    })
  return value
}
