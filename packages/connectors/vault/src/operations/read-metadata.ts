import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { numberIn, recordIn, textIn } from '../http/send.ts'
import { customMetadataOf, engine, factsOf, secretMetadata, secretPath, versionedMount } from '../key-values.ts'
import type { VaultClient } from '../vault-client.ts'

/** Reads all that is known of a secret but its data; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-metadata. */
export const readMetadata = operation({
  description: 'Reads the versions of a secret and what is noted about it, without its data.',
  effect: 'read',
  input: schema(() => z.strictObject({ path: secretPath(), ...engine() })),
  output: secretMetadata,
  errors: ['not_found'],
  async run(client: VaultClient, input, context) {
    const values = { mount: versionedMount(client, input), path: input.path }
    const { data = {} } = await client.request({ path: '/v1/{mount}/metadata/{path}', values }, context)
    const versions = Object.entries(recordIn(data['versions']) ?? {})
      .map(([number, facts]) => factsOf(Number(number), recordIn(facts) ?? {}))
      .sort((one, other) => one.version - other.version)
    return {
      currentVersion: numberIn(data, 'current_version'),
      oldestVersion: numberIn(data, 'oldest_version'),
      createdTime: textIn(data, 'created_time'),
      updatedTime: textIn(data, 'updated_time'),
      maxVersions: numberIn(data, 'max_versions'),
      casRequired: data['cas_required'] === true,
      deleteVersionAfter: textIn(data, 'delete_version_after') || '0s',
      ...customMetadataOf(data),
      versions,
    }
  },
})
