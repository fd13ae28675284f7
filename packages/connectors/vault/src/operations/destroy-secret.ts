import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { engine, secretPath, versionedMount, versions } from '../key-values.ts'
import type { VaultClient } from '../vault-client.ts'

/** Destroys the data of versions for good; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#destroy-secret-versions. */
export const destroySecret = operation({
  description: 'Destroys the data of versions for good.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ path: secretPath(), versions: versions(), ...engine() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: VaultClient, input, context) {
    const values = { mount: versionedMount(client, input), path: input.path }
    const json = { versions: input.versions }
    await client.request({ method: 'POST', path: '/v1/{mount}/destroy/{path}', values, json }, context)
    return {}
  },
})
