import { ApiError, permissionDenied } from './api-error.ts'
import { AppRoles } from './app-roles.ts'
import type { Backend } from './call.ts'
import type { Clock } from './clock.ts'
import { Databases } from './databases.ts'
import { KeyValues } from './key-values.ts'
import type { Leases } from './leases.ts'
import { defaultPolicy, type PolicyRule } from './policies.ts'
import type { Tokens } from './tokens.ts'
import { TokenMethod } from './token-method.ts'
import { VersionedKeyValues } from './versioned-key-values.ts'

/** What all namespaces of a Vault share. */
export interface Shared {
  readonly clock: Clock
  readonly tokens: Tokens
  readonly leases: Leases
}

/** A Vault within the Vault: mounts and policies of its own. */
export class Namespace {
  readonly path: string
  readonly #shared: Shared
  /** By mount path, `secret` or `auth/approle`, without the last slash. */
  readonly mounts = new Map<string, Backend>()
  readonly policies = new Map<string, readonly PolicyRule[]>([['default', defaultPolicy]])

  constructor(path: string, shared: Shared) {
    this.path = path
    this.#shared = shared
    this.mounts.set('auth/token', new TokenMethod(shared.clock, shared.tokens))
    this.mount('secret', 'kv', '2')
    this.mount('auth/approle', 'approle')
  }

  /** @throws ApiError 400 for a path in use or an engine that the simulator does not have */
  mount(path: string, type: string, version?: string): Backend {
    const clean = path.replace(/\/+$/, '')
    if (this.mounts.has(clean)) throw new ApiError(400, `path is already in use at ${clean}/`)
    const backend = this.#backend(clean, type, version)
    this.mounts.set(clean, backend)
    return backend
  }

  #backend(path: string, type: string, version = '1'): Backend {
    const { clock, tokens, leases } = this.#shared
    if (type === 'kv-v2' || (type === 'kv' && version === '2')) return new VersionedKeyValues(clock)
    if (type === 'kv' || type === 'generic') return new KeyValues()
    if (type === 'database') return new Databases(leases, path)
    if (type === 'approle') return new AppRoles(clock, tokens, path, this.path)
    throw new ApiError(400, `plugin not found in the catalog: ${type}`)
  }

  /** The longest mount that a path is below. */
  find(path: string): { readonly backend: Backend; readonly below: string } | undefined {
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const backend = this.mounts.get(path.slice(0, end))
      if (backend !== undefined) return { backend, below: path.slice(end + 1) }
    }
    return undefined
  }

  /** The mount of this kind, made where there is none. */
  kept<Kind extends Backend>(path: string, type: string, kind: abstract new (...parts: never[]) => Kind): Kind {
    const backend = this.mounts.get(path) ?? this.mount(path, type)
    if (!(backend instanceof kind)) throw permissionDenied()
    return backend
  }

  rulesOf(policies: readonly string[]): PolicyRule[] {
    return policies.flatMap((name) => this.policies.get(name) ?? [])
  }
}
