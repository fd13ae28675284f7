import { randomUUID } from 'node:crypto'
import { invalid, nothing, unsupportedOperation, unsupportedPath } from './api-error.ts'
import { secondsIn, textIn, type Call, type Reply } from './call.ts'
import { secondsUntil, timeText, type Clock } from './clock.ts'
import type { Leases } from './leases.ts'
import type { Namespace } from './namespace.ts'
import { parsePolicy } from './policies.ts'

const version = '1.17.0'
const cluster = { cluster_name: 'casare-simulated', cluster_id: randomUUID() }

/** The node as operators see it. */
export interface NodeState {
  sealed: boolean
  standby: boolean
  performanceStandby: boolean
}

/** `sys/health`: the state of the node as a status (https://developer.hashicorp.com/vault/api-docs/system/health). */
export function health({ query }: Pick<Call, 'query'>, state: NodeState, clock: Clock): Reply {
  const { sealed, standby, performanceStandby } = state
  const code = (name: string, usual: number): number => {
    const given = query.get(name)
    if (given === null) return usual
    if (!/^\d{3}$/.test(given)) throw invalid(`bad value for ${name}`)
    return Number(given)
  }
  const active = code('activecode', 200)
  let status = active
  if (sealed) status = code('sealedcode', 503)
  else if (performanceStandby)
    status = query.get('perfstandbyok') === 'true' ? active : code('performancestandbycode', 473)
  else if (standby) status = query.get('standbyok') === 'true' ? active : code('standbycode', 429)
  const raw = {
    initialized: true,
    sealed,
    standby: standby || performanceStandby || sealed,
    performance_standby: performanceStandby,
    replication_performance_mode: sealed ? 'unknown' : 'disabled',
    replication_dr_mode: sealed ? 'unknown' : 'disabled',
    server_time_utc: Math.floor(clock.now / 1_000),
    version,
    ...(sealed ? {} : cluster),
  }
  return { status, raw }
}

/** `sys/seal-status`. */
export function sealStatus({ sealed }: NodeState): Reply {
  const usual = { type: 'shamir', initialized: true, sealed, t: 1, n: 1, progress: 0, nonce: '', version }
  return { raw: sealed ? usual : { ...usual, ...cluster } }
}

/** What is below `sys/` and needs a token. */
export function system(
  path: string,
  call: Call,
  state: NodeState,
  namespace: Namespace,
  leases: Leases,
  clock: Clock,
): Reply {
  if (path === 'seal') {
    if (call.verb !== 'write') throw unsupportedOperation()
    state.sealed = true
    return {}
  }
  const [, kind = path, name = ''] = /^(mounts|auth|policy|policies\/acl|leases)\/(.*?)\/?$/.exec(path) ?? []
  switch (kind) {
    case 'mounts':
    case 'auth':
      return mounts(kind, name, call, namespace)
    case 'policy':
    case 'policies/acl':
      return policies(kind, name, call, namespace)
    case 'leases':
      return leaseCall(name, call, leases, clock)
    default:
      throw unsupportedPath()
  }
}

function mounts(kind: 'mounts' | 'auth', name: string, { verb, body }: Call, namespace: Namespace): Reply {
  const path = kind === 'auth' ? `auth/${name}` : name
  if (name === '') {
    if (verb !== 'read') throw unsupportedOperation()
    const own = [...namespace.mounts].filter(([one]) => one.startsWith('auth/') === (kind === 'auth'))
    const facts = own.map(([one, { type, options }]) => [`${one.replace(/^auth\//, '')}/`, { type, options }] as const)
    return { data: Object.fromEntries(facts) }
  }
  if (verb === 'write') {
    const { version: wanted } = (body['options'] ?? {}) as { version?: string }
    namespace.mount(path, textIn(body, 'type'), wanted)
  } else if (verb === 'delete') namespace.mounts.delete(path)
  else throw unsupportedOperation()
  return {}
}

function policies(kind: 'policy' | 'policies/acl', name: string, { verb, body }: Call, namespace: Namespace): Reply {
  if (name === '') {
    if (verb !== 'read' && verb !== 'list') throw unsupportedOperation()
    const names = [...namespace.policies.keys(), 'root'].sort()
    return { data: kind === 'policy' ? { policies: names, keys: names } : { keys: names } }
  }
  switch (verb) {
    case 'read': {
      const rules = namespace.policies.get(name)
      if (rules === undefined) throw nothing()
      const blocks = rules.map((rule) => `path "${rule.path}" { capabilities = ${JSON.stringify(rule.capabilities)} }`)
      return { data: { name, [kind === 'policy' ? 'rules' : 'policy']: blocks.join('\n') } }
    }
    case 'write':
      namespace.policies.set(name, parsePolicy(textIn(body, 'policy') || textIn(body, 'rules')))
      return {}
    case 'delete':
      namespace.policies.delete(name)
      return {}
    default:
      throw unsupportedOperation()
  }
}

function leaseCall(name: string, { verb, body }: Call, leases: Leases, clock: Clock): Reply {
  const [, action = '', inPath = ''] = /^(renew|revoke|lookup|revoke-prefix)(?:\/(.*))?$/.exec(name) ?? []
  if (action === '') throw unsupportedPath()
  if (verb !== 'write') throw unsupportedOperation()
  const id = inPath || textIn(body, 'lease_id')
  if (id === '') throw invalid('lease_id must be specified')
  switch (action) {
    case 'renew': {
      const seconds = leases.renew(id, secondsIn(body, 'increment'))
      return { lease: { id, seconds, renewable: true } }
    }
    case 'lookup': {
      const { issuedAt, expiresAt, renewable } = leases.find(id)
      const times = { issue_time: timeText(issuedAt), expire_time: timeText(expiresAt), last_renewal: null }
      return { data: { id, ...times, renewable, ttl: secondsUntil(clock, expiresAt) } }
    }
    case 'revoke':
      leases.revoke(id)
      return {}
    default:
      leases.revokeBelow(id)
      return {}
  }
}
