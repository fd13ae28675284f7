import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { VaultClient } from '../vault-client.ts'

/** Renews a lease; https://developer.hashicorp.com/vault/api-docs/system/leases#renew-lease. Those of this connection are renewed by themselves. */
export const renewLease = operation({
  description: 'Renews a lease.',
  effect: 'idempotent',
  input: schema(() =>
    z.strictObject({
      leaseId: z.string().min(1).describe('Id of the lease.'),
      incrementSeconds: z
        .number()
        .int()
        .min(1)
        .optional()
        .describe('How long it shall live from now on; Vault may give less. Default: as long as at first.'),
    }),
  ),
  output: schema(() =>
    z.object({
      leaseSeconds: z.number().int().describe('How long it lives from now on.'),
      renewable: z.boolean().describe('Can it be renewed again?'),
    }),
  ),
  errors: ['not_found', 'conflict'],
  async run(client: VaultClient, { leaseId, incrementSeconds }, context) {
    const json = { lease_id: leaseId, increment: incrementSeconds }
    const { lease } = await client.request({ method: 'POST', path: '/v1/sys/leases/renew', json }, context)
    client.leases.renewed(leaseId, lease.seconds)
    return { leaseSeconds: lease.seconds, renewable: lease.renewable }
  },
})
