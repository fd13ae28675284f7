import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { engine, secretPath, versionedMount } from '../key-values.ts'
import type { VaultClient } from '../vault-client.ts'

/** Deletes a secret for good; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#delete-metadata-and-all-versions. */
export const deleteMetadata = operation({
  description: 'Deletes a secret with all of its versions, for good.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ path: secretPath(), ...engine() })),
  output: schema(() => z.object({})),
  errors: ['not_found'],
  async run(client: VaultClient, input, context) {
    const values = { mount: versionedMount(client, input), path: input.path }
    await client.request({ method: 'DELETE', path: '/v1/{mount}/metadata/{path}', values }, context)
    return {}
  },
})
