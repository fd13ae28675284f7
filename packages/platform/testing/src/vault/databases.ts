import { randomBytes } from 'node:crypto'
import { invalid, nothing, unsupportedOperation, unsupportedPath } from './api-error.ts'
import { secondsIn, type Backend, type Call, type Reply } from './call.ts'
import type { Leases } from './leases.ts'
import type { TokenEntry } from './tokens.ts'

/** What may be stated of a role of the database engine. */
export interface DatabaseRoleOptions {
  /** Default 3,600. */
  readonly ttlSeconds?: number | undefined
  /** Default: no limit. */
  readonly maxTtlSeconds?: number | undefined
  /** Default true. */
  readonly renewable?: boolean | undefined
}

/** The database engine without a database: users that exist as leases only (https://developer.hashicorp.com/vault/api-docs/secret/databases). */
export class Databases implements Backend {
  readonly type = 'database'
  readonly options = null
  readonly #leases: Leases
  readonly #mount: string
  readonly #roles = new Map<string, DatabaseRoleOptions>()

  constructor(leases: Leases, mount: string) {
    this.#leases = leases
    this.#mount = mount
  }

  exists(path: string): boolean {
    return this.#roles.has(path.replace(/^roles\//, ''))
  }

  putRole(name: string, options: DatabaseRoleOptions): void {
    this.#roles.set(name, options)
  }

  handle(path: string, { verb, body }: Call, token: TokenEntry): Reply {
    if (path === 'roles' || path === 'roles/') {
      if (verb !== 'list') throw unsupportedOperation()
      if (this.#roles.size === 0) throw nothing()
      return { data: { keys: [...this.#roles.keys()].sort() } }
    }
    const [, kind = '', name = ''] = /^(roles|creds)\/([^/]+)$/.exec(path) ?? []
    if (kind === '') throw unsupportedPath()
    if (kind === 'creds') {
      if (verb !== 'read') throw unsupportedOperation()
      return this.#credentials(name, token)
    }
    const role = this.#roles.get(name)
    switch (verb) {
      case 'read':
        if (role === undefined) throw nothing()
        return { data: { default_ttl: role.ttlSeconds ?? 3_600, max_ttl: role.maxTtlSeconds ?? 0 } }
      case 'write':
        this.putRole(name, {
          ttlSeconds: secondsIn(body, 'default_ttl') || undefined,
          maxTtlSeconds: secondsIn(body, 'max_ttl'),
        })
        return {}
      case 'delete':
        this.#roles.delete(name)
        return {}
      default:
        throw unsupportedOperation()
    }
  }

  #credentials(name: string, { id, displayName }: TokenEntry): Reply {
    const role = this.#roles.get(name)
    if (role === undefined) throw invalid(`unknown role: ${name}`)
    const { ttlSeconds = 3_600, maxTtlSeconds = 0, renewable = true } = role
    const username = `v-${displayName}-${name}-${randomBytes(10).toString('hex')}`
    const password = `${randomBytes(10).toString('hex')}-A1a`
    const facts = { token: id, username, ttlSeconds, maxTtlSeconds, renewable }
    const lease = this.#leases.create(`${this.#mount}/creds/${name}`, facts)
    return { data: { username, password }, lease: { id: lease.id, seconds: ttlSeconds, renewable } }
  }
}
