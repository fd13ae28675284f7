import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { engine, engineOf } from '../key-values.ts'
import { folder } from '../folder-schema.ts'
import { listNames } from '../list-names.ts'
import type { VaultClient } from '../vault-client.ts'

/** Lists a folder; https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2#list-secrets. */
export const listSecrets = operation({
  description: 'Lists the names directly below a folder; names of folders end with a slash.',
  effect: 'read',
  input: schema(() => z.strictObject({ path: folder(), ...engine() })),
  output: schema(() => z.object({ names: z.array(z.string()).describe('In order; empty where there is nothing.') })),
  errors: ['not_found'],
  run: async (client: VaultClient, input, context) => ({
    names: await listNames(client, engineOf(client, input), input.path, context),
  }),
})
