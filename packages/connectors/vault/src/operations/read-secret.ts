import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { recordIn } from '../http/send.ts'
import { engine, engineOf, metadataOf, secretPath, secretsOf, versionMetadata, versionedMount } from '../key-values.ts'
import { fieldsOut } from '../secret-fields.ts'
import type { VaultClient } from '../vault-client.ts'

/** Reads a secret; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#read-secret-version. */
export const readSecret = operation({
  description: 'Reads a secret; its values are secrets from there on.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      path: secretPath(),
      version: z.number().int().min(1).optional().describe('Number of the version. Default: the current one.'),
      ...engine(),
    }),
  ),
  output: schema(() =>
    z.object({
      data: fieldsOut('Its fields. A value that is no text is given as its JSON.'),
      metadata: versionMetadata().optional().describe('The version read; absent with version 1 of the engine.'),
    }),
  ),
  errors: ['not_found'],
  async run(client: VaultClient, input, context) {
    const { path, version: number } = input
    const { mount, version } = engineOf(client, input)
    if (version === 1) {
      if (number !== undefined) versionedMount(client, input)
      const { data = {} } = await client.request({ path: '/v1/{mount}/{path}', values: { mount, path } }, context)
      return { data: secretsOf(data, context) }
    }
    const request = { path: '/v1/{mount}/data/{path}', values: { mount, path }, query: { version: number } }
    const { data: answer = {} } = await client.request(request, context)
    return {
      data: secretsOf(recordIn(answer['data']) ?? {}, context),
      metadata: metadataOf(recordIn(answer['metadata'])),
    }
  },
})
