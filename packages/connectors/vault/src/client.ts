import type { CallContext, OpenContext } from '@casare/core'
import { createHttpClient } from '@casare/http'
import { AppRole } from './auth/app-role.ts'
import { FixedToken } from './auth/fixed-token.ts'
import type { TokenSource } from './auth/token-source.ts'
import type { ParsedConfig } from './config.ts'
import { readError } from './errors.ts'
import { Credentials, send, type Identity, type VaultAnswer, type VaultRequest } from './http/send.ts'
import { VaultClient } from './vault-client.ts'

/** Makes the client; nothing is sent before the first call. */
export function open(config: ParsedConfig, context: OpenContext): VaultClient {
  const { tls, pool, timeouts, egress, redactor } = context
  const { namespace } = config
  const event = (name: string, detail: Readonly<Record<string, unknown>>): void => context.event(name, detail)
  const credentials = new Credentials()
  const http = createHttpClient({
    baseUrl: config.address,
    authorizer: credentials,
    // Vault's own agents want it of every request, against requests that a browser was tricked into.
    headers: { accept: 'application/json', 'x-vault-request': 'true' },
    tls,
    pool,
    timeouts,
    allowOrigins: config.allowOrigins,
    egress,
    readError,
    redactor,
    event,
  })
  const ended = new AbortController()
  // What nobody waits for, or several do: no caller's signal ends it.
  const background = (signal = ended.signal) =>
    ({ signal, effect: 'idempotent', redactor, fileRoots: [], note: () => undefined }) as const
  const inBackground = (request: VaultRequest, token?: string): Promise<VaultAnswer> =>
    send(http, credentials, request, { token, namespace }, background())

  const tokens = tokenSource(config, context, inBackground)
  return new VaultClient({
    http,
    tokens,
    kv: config.kv,
    ended,
    event,
    background,
    send: (request, identity: Identity, own) => send(http, credentials, request, { namespace, ...identity }, own),
  })
}

function tokenSource(
  { auth }: ParsedConfig,
  context: OpenContext,
  request: (request: VaultRequest, token?: string) => Promise<VaultAnswer>,
): TokenSource {
  if (auth.kind === 'token') return new FixedToken(auth.token)
  const { roleId, secretId, mount } = auth
  return new AppRole({
    login() {
      // Anew each time: it may come from a file, and of many values the oldest are forgotten.
      context.redactor.add(secretId)
      const json = { role_id: roleId, secret_id: secretId.reveal() }
      return request({ method: 'POST', path: '/v1/auth/{mount}/login', values: { mount }, json })
    },
    renew: (token) => request({ method: 'POST', path: '/v1/auth/token/renew-self', json: {} }, token),
    event: (name, detail) => context.event(name, detail),
  })
}

/** Gives back what was lent, and ends all connections. */
export async function close(client: VaultClient): Promise<void> {
  await client.close()
}

/** Looks the token up: address, credentials and the state of the node in one request. */
export async function check(client: VaultClient, context: CallContext): Promise<void> {
  await client.request({ path: '/v1/auth/token/lookup-self' }, context)
}
