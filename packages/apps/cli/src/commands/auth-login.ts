import type { OAuthClient, TokenSet } from '@casare/auth'
import { isSecretReference } from '@casare/core'
import { exitCodes } from '../exit-codes.ts'
import { keepLogin } from '../logins/login-settings.ts'
import { openLogin } from '../logins/open-login.ts'
import type { Terminal } from '../output/terminal.ts'
import { UsageError } from '../usage-error.ts'
import { loginDetails } from './auth-options.ts'
import { defineCommand } from './command.ts'

/** Logs in. */
export const authLogin = defineCommand({
  name: 'auth login',
  summary: 'Logs in at an authorization server, in a browser here or on another device.',
  takes: 'NAME',
  options: {
    issuer: { type: 'string', value: 'URL', description: 'The authorization server (OpenID Connect or RFC 8414).' },
    'client-id': { type: 'string', value: 'ID', description: 'How this program is registered there.' },
    'client-secret': {
      type: 'string',
      value: 'REFERENCE',
      description: 'Where its secret is, if it has one: secret://store/NAME or secret://env/NAME.',
    },
    scope: {
      type: 'string',
      value: 'SCOPES',
      description: 'What is asked for, separated by spaces. Default: openid offline_access.',
    },
    device: { type: 'boolean', description: 'Log in on another device, by a code (RFC 8628).' },
    port: {
      type: 'string',
      value: 'N',
      description: 'Port of 127.0.0.1 that the browser comes back to. Default: any.',
    },
  },
  details: `${loginDetails} Without --device it prints an address to open in a browser on this machine (authorization code with PKCE). The address that the browser comes back to is http://127.0.0.1:PORT/callback: register it at the server, with any port where it allows that (RFC 8252).`,
  examples: ['auth login crm --issuer https://idp.example --client-id casare --device'],
  audit: ([name = '']) => name,
  async run({ host, positionals, redactor, signal, terminal, values }) {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('Give the login one name.')
    if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) throw new UsageError('A name has letters, digits, "_", "." and "-".')
    const { issuer, 'client-id': clientId, 'client-secret': clientSecret } = values
    const { scope = 'openid offline_access' } = values
    if (issuer === undefined || clientId === undefined) throw new UsageError('Say --issuer and --client-id.')
    if (clientSecret !== undefined && !isSecretReference(clientSecret))
      throw new UsageError(
        '--client-secret takes a reference, such as secret://store/NAME: what stands on a command line is seen by all.',
      )
    const settings = { issuer, clientId, scope, ...(clientSecret === undefined ? {} : { clientSecret }) }
    const { authorizer, store } = await openLogin(host, name, redactor, settings)
    try {
      const { client } = authorizer
      const tokens =
        values.device === true
          ? await onAnotherDevice(client, scope, terminal, signal)
          : await inBrowser(client, scope, portOf(values.port), terminal, signal)
      const { writeTokenSet } = await import('@casare/auth')
      await store.put(name, writeTokenSet(tokens))
      await keepLogin(host, name, settings)
      const expiresAt = tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString()
      if (terminal.json)
        terminal.data({ name, scope: tokens.scope, expiresAt, refreshable: tokens.refreshToken !== undefined })
      else {
        terminal.print(`Logged in. Refer to the access token as secret://login/${name}`)
        if (tokens.refreshToken === undefined)
          terminal.note(
            'There is no refresh token: the login ends with its access token. Ask for the scope offline_access.',
          )
      }
      return exitCodes.ok
    } finally {
      await authorizer.close()
    }
  },
})

async function onAnotherDevice(
  client: OAuthClient,
  scope: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TokenSet> {
  const pending = await client.startDeviceLogin({ scope }, { signal })
  terminal.note(
    `Open ${pending.verificationUriComplete ?? pending.verificationUri} and confirm the code ${pending.userCode}`,
  )
  return client.finishDeviceLogin(pending, { signal })
}

async function inBrowser(
  client: OAuthClient,
  scope: string,
  port: number,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<TokenSet> {
  const { loopbackRedirect } = await import('@casare/auth')
  await using redirect = await loopbackRedirect({ port })
  const parameters: Record<string, string> = scope.split(' ').includes('offline_access') ? { prompt: 'consent' } : {}
  const pending = await client.startCodeLogin({ redirectUri: redirect.redirectUri, scope, parameters }, { signal })
  terminal.note(`Open ${pending.url}`)
  const giveUp = (): void => void redirect.close()
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await client.finishCodeLogin(await redirect.callback, pending, { signal })
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new UsageError('--port is a number from 1 to 65535.')
  return port
}
