import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answer, envelope, type Inside } from './answer.ts'
import { ApiError } from './api-error.ts'
import { AppRoles, type AppRoleOptions } from './app-roles.ts'
import { Clock } from './clock.ts'
import { Databases, type DatabaseRoleOptions } from './databases.ts'
import { callOf, listRequestIn, type Incoming } from './incoming.ts'
import { Leases, type LeaseEntry } from './leases.ts'
import { Namespace } from './namespace.ts'
import type { PolicyRule } from './policies.ts'
import type { NodeState } from './system.ts'
import { Tokens, type NewToken } from './tokens.ts'

/** A request as `intercept` sees it. */
export interface VaultRequest {
  readonly method: string
  /** Behind `/v1/`, without the query. */
  readonly path: string
  readonly token: string | undefined
  readonly namespace: string
}

/** What goes wrong with a request: another answer; a connection that breaks after all is done; no answer at all. */
export type VaultTrouble =
  | {
      readonly status: number
      readonly errors?: readonly string[] | undefined
      /** In place of Vault's JSON. */
      readonly text?: string | undefined
      readonly headers?: Readonly<Record<string, string>> | undefined
    }
  | 'answer lost'
  | 'silence'

/** A Vault of one's own. */
export interface VaultServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without `/v1`. */
  readonly url: string
  readonly port: number
  /** May do everything, and does not end. */
  readonly rootToken: string
  /** The node's switches: sealed it answers 503, as a standby without an active node 500. */
  readonly state: NodeState
  /** Leases that run. */
  readonly leases: readonly LeaseEntry[]
  /** All requests so far, oldest first, without their bodies. */
  readonly requests: readonly VaultRequest[]
  /** Logins with AppRole that succeeded. */
  readonly logins: number
  /** Do refusals say that the token is the reason? Older releases did not. Default true. */
  saysInvalidToken: boolean
  /** Called with each request; what it answers goes wrong with it, and while it thinks the request waits. */
  intercept: ((request: VaultRequest) => VaultTrouble | Promise<VaultTrouble | undefined> | undefined) | undefined
  /** The time passes: tokens and leases end. */
  advance(seconds: number): void
  /** A namespace with a `secret/` of version 2 and an AppRole method of its own. */
  addNamespace(path: string): void
  /** A mount: `kv` with version `1` or `2`, `database`, or `approle` below `auth/`. */
  mount(path: string, type: 'kv' | 'database' | 'approle', version?: '1' | '2', namespace?: string): void
  putPolicy(name: string, rules: readonly PolicyRule[], namespace?: string): void
  addAppRole(
    name: string,
    options?: AppRoleOptions & { readonly mount?: string | undefined; readonly namespace?: string | undefined },
  ): { readonly roleId: string; readonly secretId: string }
  /** A role of the database engine at `database/` or another mount. */
  addDatabaseRole(name: string, options?: DatabaseRoleOptions & { readonly mount?: string | undefined }): void
  /** A lease of this id, taken with the root token. */
  addLease(id: string, options?: DatabaseRoleOptions): void
  issueToken(options: NewToken): string
  revokeToken(id: string): void
  /** Ends all tokens but the root token. */
  revokeTokens(): void
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Starts a simulator of Vault on a free port of this machine: tokens, policies, AppRole, key/value engines of both
 * versions, leases of a database engine, namespaces and the switches of a node, with Vault's own answers and errors
 * (https://developer.hashicorp.com/vault/api-docs); clients of others are its proof.
 */
export async function vaultServer(): Promise<VaultServer> {
  const clock = new Clock()
  const tokens = new Tokens(clock)
  const leases = new Leases(clock)
  tokens.onEnd = (id) => leases.revokeOf(id)
  const shared = { clock, tokens, leases }
  const namespaces = new Map([['', new Namespace('', shared)]])
  const state = { sealed: false, standby: false, performanceStandby: false }
  const inside: Inside = { ...shared, state, namespaces, saysInvalidToken: () => simulator.saysInvalidToken }
  const rootToken = tokens.create({ policies: ['root'], displayName: 'root', path: 'auth/token/root' }).id
  const requests: VaultRequest[] = []
  const named = (path = ''): Namespace => {
    const namespace = namespaces.get(path)
    if (namespace === undefined) throw new Error(`There is no namespace ${path}.`)
    return namespace
  }

  const respond = async (incoming: Incoming): Promise<Response> => {
    const { method, url, headers } = incoming
    const request = {
      method,
      path: url.replace(/^\/v1\//, '').replace(/\?.*$/, ''),
      token: headers['x-vault-token']?.toString(),
      namespace: headers['x-vault-namespace']?.toString() ?? '',
    }
    requests.push(request)
    const trouble = await simulator.intercept?.(request)
    if (trouble === 'silence') return { silent: true, ...outcome(incoming, inside) }
    if (trouble === 'answer lost') return { lost: true, ...outcome(incoming, inside) }
    if (trouble === undefined) return outcome(incoming, inside)
    const { status, errors = [], text = JSON.stringify({ errors }), headers: further = {} } = trouble
    return { status, text, headers: further }
  }

  const server = createServer((request, response) => {
    request.on('error', () => undefined)
    void answerTo(read(request), respond).then(({ silent, lost, status = 500, text, headers }) => {
      if (silent === true) return
      if (lost === true) return void request.socket.resetAndDestroy()
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
      response.end(request.method === 'HEAD' ? undefined : text)
    })
  })
  server.on('clientError', (error: Error & { rawPacket?: Uint8Array }, socket: Socket) => {
    const incoming = error.rawPacket === undefined ? undefined : listRequestIn(error.rawPacket)
    if (incoming === undefined) return void socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n')
    void answerTo(incoming, respond).then(({ silent, lost, status = 500, text = '', headers }) => {
      if (silent === true) return
      if (lost === true || !socket.writable) return void socket.destroy()
      const length = Buffer.byteLength(text)
      const fields = { 'content-type': 'application/json', 'content-length': length, connection: 'close', ...headers }
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.end(`HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Error'}\r\n${lines.join('')}\r\n${text}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const simulator: VaultServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    rootToken,
    state,
    requests,
    saysInvalidToken: true,
    intercept: undefined,
    get leases() {
      return leases.active
    },
    get logins() {
      const methods = [...namespaces.values()].flatMap(({ mounts }) => [...mounts.values()])
      return methods.reduce((sum, method) => sum + (method instanceof AppRoles ? method.logins : 0), 0)
    },
    advance: (seconds) => clock.advance(seconds),
    addNamespace: (path) => void namespaces.set(path, new Namespace(path, shared)),
    mount: (path, type, version, namespace) => void named(namespace).mount(path, type, version),
    putPolicy: (name, rules, namespace) => void named(namespace).policies.set(name, rules),
    addAppRole(name, { mount = 'approle', namespace, ...options } = {}) {
      const method = named(namespace).kept(`auth/${mount}`, 'approle', AppRoles)
      return { roleId: method.putRole(name, options), secretId: method.newSecretId(name).secret_id }
    },
    addDatabaseRole: (name, { mount = 'database', ...options } = {}) =>
      named().kept(mount, 'database', Databases).putRole(name, options),
    addLease(id, { ttlSeconds = 3_600, maxTtlSeconds = 0, renewable = true } = {}) {
      leases.put(id, { token: rootToken, username: 'somebody', ttlSeconds, maxTtlSeconds, renewable })
    },
    issueToken: (options) => tokens.create(options).id,
    revokeToken: (id) => tokens.revoke(id),
    revokeTokens() {
      for (const id of tokens.ids) if (id !== rootToken) tokens.revoke(id)
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  }
  return simulator
}

interface Response {
  readonly status?: number
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly lost?: boolean
  readonly silent?: boolean
}

/** A request that never arrives whole is not carried out. */
async function answerTo(
  incoming: Incoming | undefined | Promise<Incoming | undefined>,
  respond: (incoming: Incoming) => Promise<Response>,
): Promise<Response> {
  const whole = await incoming
  return whole === undefined ? { lost: true } : respond(whole)
}

async function read(request: IncomingMessage): Promise<Incoming | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    return undefined
  }
  const { method = 'GET', url = '/', headers } = request
  return { method, url, headers, body: Buffer.concat(chunks) }
}

function outcome(incoming: Incoming, inside: Inside): Response {
  try {
    const { status, json } = envelope(answer(callOf(incoming), inside))
    return json === undefined ? { status } : { status, text: JSON.stringify(json) }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { status: error.status, text: JSON.stringify({ errors: error.errors }) }
  }
}
