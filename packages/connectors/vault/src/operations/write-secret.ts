import { invalidInput, operation, schema } from '@casare/core'
import { z } from 'zod'
import { cas, engine, engineOf, metadataOf, readVersion, secretPath, textsOf, written } from '../key-values.ts'
import { isSame } from '../same.ts'
import { fieldsIn } from '../secret-fields.ts'
import type { VaultClient } from '../vault-client.ts'

/**
 * Writes a secret, all of its fields; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#create-update-secret.
 * With `cas` a repetition does no harm, and after a lost answer the versions are looked at; without it each write makes a
 * version, so that it is repeated only where it was certainly not carried out.
 */
export const writeSecret = operation({
  description: 'Writes a secret with all of its fields; with version 2 of the engine as a new version.',
  effect: ({ cas, kvVersion }) => (cas !== undefined || kvVersion === 1 ? 'idempotent' : 'unsafe'),
  input: schema(() =>
    z.strictObject({ path: secretPath(), data: fieldsIn('All of its fields.'), cas: cas(), ...engine() }),
  ),
  output: written,
  errors: ['not_found', 'conflict'],
  async run(client: VaultClient, input, context) {
    const { path } = input
    const { mount, version } = engineOf(client, input)
    const data = textsOf(input.data, context)
    const values = { mount, path }
    if (version === 1) {
      if (input.cas !== undefined) throw invalidInput('cas needs version 2 of the key/value engine.')
      await client.request({ method: 'POST', path: '/v1/{mount}/{path}', values, json: data }, context)
      return {}
    }
    const json = input.cas === undefined ? { data } : { data, options: { cas: input.cas } }
    const answer = await client.request({ method: 'POST', path: '/v1/{mount}/data/{path}', values, json }, context)
    return { metadata: metadataOf(answer.data) }
  },
  async reconcile(client, input, context) {
    const { mount, version } = engineOf(client, input)
    if (input.cas === undefined || version === 1) return 'unknown'
    const current = await readVersion(client, mount, input.path, 0, context)
    // Its own version is the next one: is it there, and is it ours?
    if (Number(current?.metadata['version'] ?? 0) === input.cas && current !== undefined) return 'not_applied'
    const next = await readVersion(client, mount, input.path, input.cas + 1, context)
    if (next === undefined) return 'unknown'
    if (!isSame(next.data, textsOf(input.data, context))) return 'not_applied'
    return { output: { metadata: metadataOf(next.metadata) } }
  },
})
