import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { textIn } from '../http/send.ts'
import { isPath } from '../paths.ts'
import { secretText, wrapped } from '../secret-text.ts'
import type { VaultClient } from '../vault-client.ts'

/**
 * Has Vault make a database user; https://developer.hashicorp.com/vault/api-docs/secret/databases#generate-credentials.
 * Each call makes one. It is renewed while the connection is open, and revoked when the connection closes.
 */
export const readDatabaseCredentials = operation({
  description: 'Makes credentials of a database; renewed while this connection is open, revoked when it closes.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      role: z.string().min(1).refine(isPath, 'expected the name of a role').describe('Role of the database engine.'),
      mount: z
        .string()
        .refine(isPath, 'expected a path without slashes at its ends')
        .default('database')
        .describe('Where the database engine is mounted.'),
    }),
  ),
  output: schema(() =>
    z.object({
      username: z.string().describe('Name of the user.'),
      password: secretText('Password of the user.'),
      leaseId: z.string().describe('Id of the lease, for renewLease and revokeLease.'),
      leaseSeconds: z.number().int().describe('How long they hold unless they are renewed.'),
      renewable: z.boolean().describe('Can the lease be renewed?'),
    }),
  ),
  errors: ['not_found'],
  async run(client: VaultClient, { role, mount }, context) {
    const { data = {}, lease } = await client.borrow(
      { path: '/v1/{mount}/creds/{role}', values: { mount, role } },
      context,
    )
    return {
      username: textIn(data, 'username'),
      password: wrapped(data['password'], context.redactor),
      leaseId: lease.id,
      leaseSeconds: lease.seconds,
      renewable: lease.renewable,
    }
  },
})
