import { operation, schema } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import type { LdapClient } from '../ldap-client.ts'
import { dnText } from '../values/dn.ts'
import { dnInput } from '../values/dn-schema.ts'
import { passwordText } from '../values/password-text.ts'

const changePasswordOid = '1.3.6.1.4.1.4203.1.11.1'

/** Sets a password by the extended operation for that (RFC 3062), so that the server hashes it. */
export const changePassword = operation({
  description: 'Sets a password by the extended operation for that (RFC 3062), so that the server hashes it.',
  effect: ({ oldPassword }) => (oldPassword === undefined ? 'idempotent' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      dn: dnInput('Whose password. Default: that of whoever is bound.').optional(),
      oldPassword: secret('The password until now, where the server asks for it.').optional(),
      newPassword: secret('The password from now on.'),
    }),
  ),
  output: schema(() => z.object({})),
  errors: ['permission_denied'],
  async run(client: LdapClient, { dn, oldPassword, newPassword }, { signal, redactor }) {
    const writer = new client.library.BerWriter()
    writer.startSequence()
    if (dn !== undefined) writer.writeString(dnText(dn), 0x80)
    for (const [tag, password] of [
      [0x81, oldPassword],
      [0x82, newPassword],
    ] as const) {
      if (password !== undefined) writer.writeString(passwordText(password, redactor), tag)
    }
    writer.endSequence()
    await client.request(signal, (vendor) => vendor.exop(changePasswordOid, writer.buffer))
    return {}
  },
})
