import { randomUUID } from 'node:crypto'
import { invalid, nothing, unsupportedOperation, unsupportedPath } from './api-error.ts'
import { numberIn, secondsIn, textIn, textsIn, type Backend, type Call, type Reply } from './call.ts'
import { timeText, type Clock } from './clock.ts'
import { authOf, type Tokens } from './tokens.ts'

/** What may be stated of a role. */
export interface AppRoleOptions {
  readonly policies?: readonly string[] | undefined
  /** Default 3,600. */
  readonly tokenTtlSeconds?: number | undefined
  /** Default: no limit. */
  readonly tokenMaxTtlSeconds?: number | undefined
  /** How often a secret id may be used. Default: without end. */
  readonly secretIdNumUses?: number | undefined
}

interface SecretId {
  readonly accessor: string
  readonly createdAt: number
  readonly limited: boolean
  usesLeft: number
}

interface Role extends Required<{ [Name in keyof AppRoleOptions]: NonNullable<AppRoleOptions[Name]> }> {
  readonly roleId: string
  readonly secretIds: Map<string, SecretId>
}

/** The auth method AppRole (https://developer.hashicorp.com/vault/api-docs/auth/approle). */
export class AppRoles implements Backend {
  readonly type = 'approle'
  readonly options = null
  readonly #clock: Clock
  readonly #tokens: Tokens
  readonly #mount: string
  readonly #namespace: string
  readonly #roles = new Map<string, Role>()
  /** How often somebody got in. */
  logins = 0

  constructor(clock: Clock, tokens: Tokens, mount: string, namespace: string) {
    this.#clock = clock
    this.#tokens = tokens
    this.#mount = mount
    this.#namespace = namespace
  }

  isOpen(path: string): boolean {
    return path === 'login'
  }

  exists(path: string): boolean {
    return this.#roles.has(path.replace(/^role\//, ''))
  }

  putRole(name: string, options: AppRoleOptions): string {
    const { policies = [], tokenTtlSeconds = 3_600, tokenMaxTtlSeconds = 0, secretIdNumUses = 0 } = options
    const before = this.#roles.get(name)
    const roleId = before?.roleId ?? randomUUID()
    const secretIds = before?.secretIds ?? new Map<string, SecretId>()
    this.#roles.set(name, { policies, tokenTtlSeconds, tokenMaxTtlSeconds, secretIdNumUses, roleId, secretIds })
    return roleId
  }

  newSecretId(name: string): { secret_id: string; secret_id_accessor: string; secret_id_num_uses: number } {
    const { secretIds, secretIdNumUses } = this.#role(name)
    const id = randomUUID()
    const accessor = randomUUID()
    secretIds.set(id, {
      accessor,
      createdAt: this.#clock.now,
      limited: secretIdNumUses > 0,
      usesLeft: secretIdNumUses,
    })
    return { secret_id: id, secret_id_accessor: accessor, secret_id_num_uses: secretIdNumUses }
  }

  handle(path: string, call: Call): Reply {
    if (path === 'login') return this.#login(call)
    if (path === 'role' || path === 'role/') {
      if (call.verb !== 'list') throw unsupportedOperation()
      if (this.#roles.size === 0) throw nothing()
      return { data: { keys: [...this.#roles.keys()].sort() } }
    }
    const [, name = '', part = ''] = /^role\/([^/]+)(?:\/(.+))?$/.exec(path) ?? []
    if (name === '') throw unsupportedPath()
    if (part === '') return this.#manage(name, call)
    return this.#partOf(name, part, call)
  }

  /** @throws ApiError 400 for ids that are wrong or used up */
  #login({ verb, body }: Call): Reply {
    if (verb !== 'write') throw unsupportedOperation()
    const secretId = textIn(body, 'secret_id')
    if (textIn(body, 'role_id') === '') throw invalid('missing role_id')
    const [name, role] = [...this.#roles].find(([, one]) => one.roleId === textIn(body, 'role_id')) ?? []
    if (name === undefined || role === undefined) throw invalid('invalid role or secret ID')
    if (secretId === '') throw invalid('missing secret_id')
    const known = role.secretIds.get(secretId)
    if (known === undefined) throw invalid('invalid role or secret ID')
    if (known.limited && --known.usesLeft === 0) role.secretIds.delete(secretId)
    const token = this.#tokens.create({
      policies: ['default', ...role.policies],
      displayName: 'approle',
      path: `${this.#mount}/login`,
      namespace: this.#namespace,
      meta: { role_name: name },
      ttlSeconds: role.tokenTtlSeconds,
      maxTtlSeconds: role.tokenMaxTtlSeconds,
    })
    this.logins += 1
    return { auth: authOf(token, this.#clock) }
  }

  #manage(name: string, { verb, body }: Call): Reply {
    if (verb === 'read') {
      const role = this.#role(name)
      return {
        data: {
          bind_secret_id: true,
          token_policies: role.policies,
          token_ttl: role.tokenTtlSeconds,
          token_max_ttl: role.tokenMaxTtlSeconds,
          secret_id_num_uses: role.secretIdNumUses,
          secret_id_ttl: 0,
        },
      }
    }
    if (verb === 'delete') this.#roles.delete(name)
    else if (verb === 'write')
      this.putRole(name, {
        policies: textsIn(body, 'token_policies').concat(textsIn(body, 'policies')),
        tokenTtlSeconds: secondsIn(body, 'token_ttl') || undefined,
        tokenMaxTtlSeconds: secondsIn(body, 'token_max_ttl'),
        secretIdNumUses: numberIn(body, 'secret_id_num_uses'),
      })
    else throw unsupportedOperation()
    return {}
  }

  #partOf(name: string, part: string, { verb, body }: Call): Reply {
    const role = this.#role(name)
    const id = textIn(body, 'secret_id')
    switch (`${verb} ${part}`) {
      case 'read role-id':
        return { data: { role_id: role.roleId } }
      case 'write secret-id':
        return { data: { ...this.newSecretId(name), secret_id_ttl: 0 } }
      case 'list secret-id':
      case 'list secret-id/':
        if (role.secretIds.size === 0) throw nothing()
        return { data: { keys: [...role.secretIds.values()].map(({ accessor }) => accessor) } }
      case 'write secret-id/lookup': {
        const known = role.secretIds.get(id)
        if (known === undefined) return {}
        const { accessor, createdAt, usesLeft } = known
        return {
          data: {
            secret_id_accessor: accessor,
            secret_id_num_uses: usesLeft,
            secret_id_ttl: 0,
            creation_time: timeText(createdAt),
            metadata: {},
          },
        }
      }
      case 'write secret-id/destroy':
        role.secretIds.delete(id)
        return {}
      default:
        throw /^(?:role-id|secret-id(?:\/|\/lookup|\/destroy)?)$/.test(part)
          ? unsupportedOperation()
          : unsupportedPath()
    }
  }

  #role(name: string): Role {
    const role = this.#roles.get(name)
    if (role === undefined) throw nothing()
    return role
  }
}
