import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'

const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3'

/** Asks the server who is bound. */
export const whoAmI = operation({
  description: 'Asks the server who is bound.',
  effect: 'read',
  input: schema(() => z.strictObject({})),
  output: schema(() =>
    z.object({
      authorizationId: z.string().describe('dn:… or u:…, as the server says it; empty for anonymous (RFC 4532).'),
    }),
  ),
  async run(client: LdapClient, _input, { signal }) {
    const { value } = await client.request(signal, (vendor) => vendor.exop(whoAmIOid))
    return { authorizationId: value ?? '' }
  },
})
