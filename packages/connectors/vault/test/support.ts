import { channels, ConnectorError, type OperationalEvent, type UniformConfig } from '@casare/core'
import { vaultServer, type Target, type VaultAppRoleOptions, type VaultServer } from '@casare/testing'
import { vault, type VaultConfig } from '../src/index.ts'

const endings: (() => Promise<unknown> | void)[] = []

/** For `afterEach`. */
export async function endAll(): Promise<void> {
  for (const end of endings.splice(0).reverse()) await end()
}

export function onEnd(end: () => Promise<unknown> | void): void {
  endings.push(end)
}

/** A Vault with an AppRole that may do everything below `secret/` and borrow from `database/`. */
export async function startVault(): Promise<VaultServer> {
  const server = await vaultServer()
  onEnd(() => server.close())
  server.putPolicy('app', [
    { path: 'secret/*', capabilities: ['create', 'read', 'update', 'patch', 'delete', 'list'] },
    { path: 'database/creds/*', capabilities: ['read'] },
    { path: 'sys/leases/revoke', capabilities: ['update'] },
  ])
  return server
}

const quick = { retry: { baseMs: 1, overloadBaseMs: 1, capMs: 5 } } as const

/** A connection with a token: by default the one that may do everything. */
export function connect(server: VaultServer, config: Partial<VaultConfig & UniformConfig> = {}) {
  const auth = { kind: 'token', token: server.rootToken } as const
  const connection = vault({ address: server.url, auth, resilience: quick, ...config })
  onEnd(() => connection.close())
  return connection
}

/** A connection that logs in with AppRole. */
export function connectAsApp(
  server: VaultServer,
  role: VaultAppRoleOptions = {},
  config: Partial<VaultConfig & UniformConfig> = {},
) {
  const ids = server.addAppRole('app', { policies: ['app'], ...role })
  return connect(server, { auth: { kind: 'approle', ...ids }, ...config })
}

/** How often a path was asked for. */
export function asked(server: VaultServer, path: string): number {
  return server.requests.filter((request) => request.path === path).length
}

/** Events of connections, as operators would see them. */
export function watchEvents(): OperationalEvent[] {
  const seen: OperationalEvent[] = []
  const listen = (message: unknown): void => void seen.push(message as OperationalEvent)
  channels.event.subscribe(listen)
  onEnd(() => void channels.event.unsubscribe(listen))
  return seen
}

/** The error that a promise ends with. */
export async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome && ConnectorError.is(outcome.error)) return outcome.error
  throw new Error(`expected a ConnectorError, got ${JSON.stringify(outcome)}`)
}

/** The errors that all of these end with. */
export function failuresOf(calls: readonly Promise<unknown>[]): Promise<ConnectorError[]> {
  return Promise.all(calls.map(failureOf))
}

/** Waits for something that a timer brings about. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A Vault for the suites, with what the examples need. */
export interface World extends Target {
  readonly server: VaultServer
}

/** The world of one check: secrets at `app` and below `many`, an old engine at `old`, a role `app` of a database. */
export async function startWorld(): Promise<World> {
  const server = await vaultServer()
  server.mount('old', 'kv', '1')
  server.addDatabaseRole('app', { ttlSeconds: 3_600 })
  server.addLease('lease-to-renew')
  server.addLease('lease-to-revoke')
  server.addLease('lease-not-renewable', { renewable: false })
  const connection = vault({ address: server.url, auth: { kind: 'token', token: server.rootToken } })
  await connection.writeSecret({ path: 'app', data: { password: 'the first one', user: 'me' } })
  for (const path of ['a', 'a/b', 'a-c', 'folder/one', 'folder/two', 'folder/deep/er', 'z', 'ü'])
    await connection.writeSecret({ path: `many/${path}`, data: { x: path } })
  await connection.writeSecret({ path: 'app', data: { user: 'me' }, mount: 'old', kvVersion: 1 })
  await connection.close()
  return {
    server,
    config: { address: server.url, auth: { kind: 'token', token: server.rootToken } },
    address: { host: '127.0.0.1', port: server.port },
    close: () => server.close(),
  }
}
