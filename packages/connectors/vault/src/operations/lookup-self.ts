import { operation, schema } from '@casare/core'
import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import { numberIn, textIn } from '../http/send.ts'
import type { VaultClient } from '../vault-client.ts'

/** Looks the connection's own token up; https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self. */
export const lookupSelf = operation({
  description: 'Tells of the token that this connection uses: its policies, and how long it lives.',
  effect: 'read',
  input: schema(() => z.strictObject({})),
  output: schema(() =>
    z.object({
      accessor: z.string().describe('Names the token without giving it away.'),
      displayName: z.string().describe('Who it was given to.'),
      policies: z.array(z.string()).describe('What it may do.'),
      path: z.string().describe('Where it was made: auth/approle/login.'),
      ttlSeconds: z.number().int().describe('How long it lives yet; 0: for ever.'),
      renewable: z.boolean().describe('Can it be renewed?'),
      expireTime: timestamp('When it ends; absent where it does not.').optional(),
    }),
  ),
  async run(client: VaultClient, _input, context) {
    const { data = {} } = await client.request({ path: '/v1/auth/token/lookup-self' }, context)
    const { policies } = data
    const expireTime = textIn(data, 'expire_time')
    return {
      accessor: textIn(data, 'accessor'),
      displayName: textIn(data, 'display_name'),
      policies: Array.isArray(policies) ? policies.map(String) : [],
      path: textIn(data, 'path'),
      ttlSeconds: numberIn(data, 'ttl'),
      renewable: data['renewable'] === true,
      ...(expireTime === '' ? {} : { expireTime }),
    }
  },
})
