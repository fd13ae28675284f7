import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { cas, engine, metadataOf, readVersion, secretPath, textsOf, versionedMount, written } from '../key-values.ts'
import { isSame, patched } from '../same.ts'
import { changesIn } from '../secret-fields.ts'
import type { VaultClient } from '../vault-client.ts'

/** Changes single fields of a secret; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#patch-secret. */
export const patchSecret = operation({
  description: 'Changes single fields of a secret and leaves the others; needs version 2 of the engine.',
  effect: ({ cas }) => (cas === undefined ? 'unsafe' : 'idempotent'),
  input: schema(() =>
    z.strictObject({
      path: secretPath(),
      data: changesIn('The fields to change; null takes a field away.'),
      cas: cas(),
      ...engine(),
    }),
  ),
  output: written,
  errors: ['not_found', 'conflict'],
  async run(client: VaultClient, input, context) {
    const values = { mount: versionedMount(client, input), path: input.path }
    const data = textsOf(input.data, context)
    const json = input.cas === undefined ? { data } : { data, options: { cas: input.cas } }
    const contentType = 'application/merge-patch+json'
    const request = { method: 'PATCH', path: '/v1/{mount}/data/{path}', values, json, contentType } as const
    const answer = await client.request(request, context)
    return { metadata: metadataOf(answer.data) }
  },
  async reconcile(client, input, context) {
    if (input.cas === undefined) return 'unknown'
    const mount = versionedMount(client, input)
    const current = await readVersion(client, mount, input.path, 0, context)
    if (Number(current?.metadata['version']) === input.cas) return 'not_applied'
    const before = await readVersion(client, mount, input.path, input.cas, context)
    const next = await readVersion(client, mount, input.path, input.cas + 1, context)
    if (before === undefined || next === undefined) return 'unknown'
    if (!isSame(next.data, patched(before.data, textsOf(input.data, context)))) return 'not_applied'
    return { output: { metadata: metadataOf(next.metadata) } }
  },
})
