import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { engine, engineOf, secretPath, versionedMount, versions } from '../key-values.ts'
import type { VaultClient } from '../vault-client.ts'

/** Deletes softly; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#delete-latest-version-of-secret. */
export const deleteSecret = operation({
  description:
    'Deletes the current version of a secret, or those that are named; undeleteSecret brings them back. With version 1 of the engine the secret is gone.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ path: secretPath(), versions: versions().optional(), ...engine() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: VaultClient, input, context) {
    const { path } = input
    const { mount, version } = engineOf(client, input)
    const values = { mount, path }
    if (input.versions !== undefined) {
      versionedMount(client, input)
      const json = { versions: input.versions }
      await client.request({ method: 'POST', path: '/v1/{mount}/delete/{path}', values, json }, context)
    } else {
      const template = version === 1 ? '/v1/{mount}/{path}' : '/v1/{mount}/data/{path}'
      await client.request({ method: 'DELETE', path: template, values }, context)
    }
    return {}
  },
})
