import { exitCodes } from '../exit-codes.ts'
import { keepLogin } from '../logins/login-settings.ts'
import { openLogin, storedTokens } from '../logins/open-login.ts'
import { UsageError } from '../usage-error.ts'
import { loginDetails } from './auth-options.ts'
import { defineCommand } from './command.ts'

/** Ends a login. */
export const authLogout = defineCommand({
  name: 'auth logout',
  summary: 'Revokes the tokens of a login at the server, and forgets them.',
  takes: 'NAME',
  options: {
    'keep-grant': { type: 'boolean', description: 'Only forget them here: another program uses the same grant.' },
  },
  details: loginDetails,
  examples: ['auth logout crm'],
  audit: ([name = '']) => name,
  async run({ host, positionals, redactor, signal, terminal, values }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Name one login.')
    const { authorizer, store } = await openLogin(host, name, redactor)
    let revoked = false
    try {
      const tokens = await storedTokens(store, name)
      const token = tokens?.refreshToken ?? tokens?.accessToken
      if (token !== undefined && values['keep-grant'] !== true) {
        try {
          await authorizer.client.revoke(token, { signal })
          revoked = true
        } catch (error) {
          terminal.note(`They could not be revoked at the server: ${redactor.text((error as Error).message)}`)
        }
      }
      await store.delete(name)
      await keepLogin(host, name, undefined)
    } finally {
      await authorizer.close()
    }
    if (terminal.json) terminal.data({ name, revoked })
    else
      terminal.print(revoked ? 'Logged out; the tokens are revoked.' : 'Logged out here; the tokens were not revoked.')
    return exitCodes.ok
  },
})
