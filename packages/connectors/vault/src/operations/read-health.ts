import { ConnectorError, operation, schema } from '@casare/core'
import { z } from 'zod'
import { textIn } from '../http/send.ts'
import type { VaultClient } from '../vault-client.ts'

/** Every state with a status of its own is asked to come as 200: what else comes then is a failure. */
const states = [
  'standbycode',
  'performancestandbycode',
  'drsecondarycode',
  'sealedcode',
  'uninitcode',
  'haunhealthycode',
  'removedcode',
]

/** Asks the node for its state; https://developer.hashicorp.com/vault/api-docs/system/health. Needs no token. */
export const readHealth = operation({
  description: 'Tells the state of the node: sealed, standby, version. A sealed node is an answer, not an error.',
  effect: 'read',
  input: schema(() => z.strictObject({})),
  output: schema(() =>
    z.object({
      initialized: z.boolean().describe('Has it been set up?'),
      sealed: z.boolean().describe('Sealed, it serves nobody.'),
      standby: z.boolean().describe('Another node is the active one.'),
      performanceStandby: z.boolean().describe('A standby that serves reads (Vault Enterprise).'),
      version: z.string().describe('Version of Vault.'),
      clusterName: z.string().optional().describe('Name of the cluster; absent while sealed.'),
    }),
  ),
  async run(client: VaultClient, _input, context) {
    const query = Object.fromEntries(states.map((name) => [name, '200']))
    const { whole } = await client.open({ path: '/v1/sys/health', query }, context)
    if (typeof whole['sealed'] !== 'boolean')
      throw new ConnectorError({
        code: 'unavailable',
        applied: 'no',
        message: 'The answer is not that of a node of Vault. Check address: something else may listen there.',
      })
    const clusterName = textIn(whole, 'cluster_name')
    return {
      initialized: whole['initialized'] === true,
      sealed: whole['sealed'],
      standby: whole['standby'] === true,
      performanceStandby: whole['performance_standby'] === true,
      version: textIn(whole, 'version'),
      ...(clusterName === '' ? {} : { clusterName }),
    }
  },
})
