import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { VaultClient } from '../vault-client.ts'

/** Revokes a lease; https://developer.hashicorp.com/vault/api-docs/system/leases#revoke-lease. One that is over already is no error. */
export const revokeLease = operation({
  description: 'Revokes a lease: what was lent does not work any more.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ leaseId: z.string().min(1).describe('Id of the lease.') })),
  output: schema(() => z.object({})),
  async run(client: VaultClient, { leaseId }, context) {
    // Answered when it is done, not when it is noted down.
    const json = { lease_id: leaseId, sync: true }
    await client.request({ method: 'POST', path: '/v1/sys/leases/revoke', json }, context)
    client.leases.forget(leaseId)
    return {}
  },
})
