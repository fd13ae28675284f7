import { exitCodes } from '../exit-codes.ts'
import { openLogin, storedTokens } from '../logins/open-login.ts'
import { UsageError } from '../usage-error.ts'
import { loginDetails } from './auth-options.ts'
import { defineCommand } from './command.ts'

/** Refreshes a login. */
export const authRefresh = defineCommand({
  name: 'auth refresh',
  summary: 'Gets a new access token for a login, now.',
  takes: 'NAME',
  options: {},
  details: loginDetails,
  examples: ['auth refresh crm'],
  audit: ([name = '']) => name,
  async run({ host, positionals, redactor, signal, terminal }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Name one login.')
    const { authorizer, store } = await openLogin(host, name, redactor)
    try {
      const before = await storedTokens(store, name)
      const tokens =
        before === undefined
          ? await authorizer.source.get(signal)
          : await authorizer.source.replace(before.accessToken.reveal(), signal)
      const expiresAt = tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString()
      if (terminal.json) terminal.data({ name, expiresAt })
      else
        terminal.print(
          `Refreshed${expiresAt === undefined ? '' : `, good until ${expiresAt.slice(0, 19).replace('T', ' ')}`}.`,
        )
      return exitCodes.ok
    } finally {
      await authorizer.close()
    }
  },
})
