import { randomUUID } from 'node:crypto'
import { ApiError, gathered, permissionDenied, unsupportedOperation } from './api-error.ts'
import type { Call, Reply } from './call.ts'
import type { Namespace, Shared } from './namespace.ts'
import { allows, type Capability } from './policies.ts'
import { health, sealStatus, system, type NodeState } from './system.ts'
import type { TokenEntry } from './tokens.ts'

/** The simulator's inside. */
export interface Inside extends Shared {
  readonly state: NodeState
  readonly namespaces: ReadonlyMap<string, Namespace>
  /** Newer releases say beside "permission denied" that the token is the reason. */
  readonly saysInvalidToken: () => boolean
}

/** Answers one request; @throws ApiError for what Vault refuses. */
export function answer(call: Call, inside: Inside): Reply {
  const { state, clock, tokens, leases } = inside
  const { path, verb } = call
  if (path === 'sys/health' || path === 'sys/seal-status') {
    if (verb !== 'read') throw new ApiError(405)
    return path === 'sys/health' ? health(call, state, clock) : sealStatus(state)
  }
  if (path === 'sys/unseal') {
    if (verb !== 'write') throw new ApiError(405)
    state.sealed = false
    return sealStatus(state)
  }
  if (state.sealed) throw new ApiError(503, 'Vault is sealed')
  if (state.standby) throw new ApiError(500, 'local node not active but active cluster node not found')
  tokens.sweep()
  leases.sweep()
  return inNamespace(call, inside)
}

function inNamespace(call: Call, inside: Inside): Reply {
  const { state, clock, tokens, leases, namespaces } = inside
  const { path, verb, namespace: name } = call
  const namespace = namespaces.get(name)
  const token = call.token === undefined ? undefined : tokens.find(call.token)
  if (namespace === undefined) throw token === undefined ? permissionDenied() : new ApiError(404, 'namespace not found')
  const found = namespace.find(path)
  if (found?.backend.isOpen?.(found.below) === true) return found.backend.handle(found.below, call, undefined as never)
  if (token === undefined) throw refusal(call, inside)
  tokens.use(token)
  const exists = found?.backend.exists(found.below) !== false
  if (!permitted(token, call, exists, inside)) throw permissionDenied()
  if (path.startsWith('sys/')) return system(path.slice('sys/'.length), call, state, namespace, leases, clock)
  if (found === undefined) throw new ApiError(404, `no handler for route "${path}". route entry not found.`)
  if (path.endsWith('/') && verb === 'read' && found.below !== '') throw unsupportedOperation()
  return found.backend.handle(found.below, call, token)
}

/** A token that is missing, unknown or over. */
function refusal({ token }: Call, { saysInvalidToken }: Inside): ApiError {
  if (token === undefined) return permissionDenied()
  return saysInvalidToken() ? gathered(403, 'permission denied', 'invalid token') : permissionDenied()
}

/** A token serves in its own namespace, and in those below it. */
function permitted(token: TokenEntry, call: Call, exists: boolean, { namespaces }: Inside): boolean {
  const { namespace, path, verb } = call
  const home = token.namespace
  if (home !== '' && namespace !== home && !namespace.startsWith(`${home}/`)) return false
  if (token.policies.includes('root')) return true
  const rules = namespaces.get(home)?.rulesOf(token.policies) ?? []
  const below = namespace.slice(home.length).replace(/^\//, '')
  const full = below === '' ? path : `${below}/${path}`
  const wanted: Readonly<Record<Call['verb'], Capability>> = {
    read: 'read',
    list: 'list',
    write: exists ? 'update' : 'create',
    patch: 'patch',
    delete: 'delete',
  }
  // Looking oneself up may be written, too.
  const capabilities: Capability[] = [wanted[verb], ...(verb === 'patch' ? (['update'] as const) : [])]
  if (allows(rules, full, capabilities)) return true
  return verb === 'list' && allows(rules, full.endsWith('/') ? full.slice(0, -1) : `${full}/`, capabilities)
}

/** The answer as JSON with its status. */
export function envelope(reply: Reply): { readonly status: number; readonly json: unknown } {
  const { raw, data = null, auth = null, lease, warnings = null } = reply
  const empty = data === null && auth === null && lease === undefined && raw === undefined && warnings === null
  const status = reply.status ?? (empty ? 204 : 200)
  if (raw !== undefined || (empty && status === 204)) return { status, json: raw }
  const lent = { lease_id: lease?.id ?? '', renewable: lease?.renewable ?? false, lease_duration: lease?.seconds ?? 0 }
  return { status, json: { request_id: randomUUID(), ...lent, data, wrap_info: null, warnings, auth } }
}
