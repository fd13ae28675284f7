import { exitCodes } from '../exit-codes.ts'
import { readLogins } from '../logins/login-settings.ts'
import { openTokenStore, storedTokens } from '../logins/open-login.ts'
import { table, type Column } from '../output/table.ts'
import { loginDetails } from './auth-options.ts'
import { defineCommand } from './command.ts'

interface LoginState {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly state: 'good' | 'expired' | 'logged out'
  readonly expiresAt: string | undefined
  readonly refreshable: boolean
}

const columns: readonly Column<LoginState>[] = [
  { title: 'name', value: ({ name }) => name, maxWidth: 40 },
  { title: 'server', value: ({ issuer }) => issuer, maxWidth: 60 },
  { title: 'client', value: ({ clientId }) => clientId, maxWidth: 40 },
  { title: 'access token', value: ({ state }) => state },
  { title: 'until', value: ({ expiresAt }) => expiresAt?.slice(0, 19).replace('T', ' ') ?? '' },
  { title: 'refreshable', value: ({ refreshable }) => (refreshable ? 'yes' : 'no') },
]

/** Shows the logins. */
export const authStatus = defineCommand({
  name: 'auth status',
  summary: 'Shows the logins, and until when their access tokens are good.',
  takes: '',
  options: {},
  details: loginDetails,
  examples: ['auth status'],
  async run({ host, terminal }) {
    const settings = Object.entries(await readLogins(host))
    const store = settings.length === 0 ? undefined : await openTokenStore(host)
    const logins: LoginState[] = []
    for (const [name, { issuer, clientId }] of settings) {
      const tokens = store === undefined ? undefined : await storedTokens(store, name)
      const { expiresAt = Infinity } = tokens ?? {}
      logins.push({
        name,
        issuer,
        clientId,
        state: tokens === undefined ? 'logged out' : expiresAt > Date.now() ? 'good' : 'expired',
        expiresAt: tokens?.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString(),
        refreshable: tokens?.refreshToken !== undefined,
      })
    }
    if (terminal.json) terminal.data({ logins })
    else if (logins.length === 0)
      terminal.print(`No logins. To log in: ${host.program} auth login NAME --issuer URL --client-id ID`)
    else terminal.print(table(terminal, columns, logins))
    return exitCodes.ok
  },
})
