import { gathered, invalid, permissionDenied, unsupportedOperation, unsupportedPath } from './api-error.ts'
import { numberIn, secondsIn, textIn, textsIn, type Backend, type Call, type Reply } from './call.ts'
import { secondsUntil, timeText, type Clock } from './clock.ts'
import { authOf, type TokenEntry, type Tokens } from './tokens.ts'

const known = new Set([
  'create',
  'create-orphan',
  'lookup',
  'lookup-self',
  'lookup-accessor',
  'renew',
  'renew-self',
  'revoke',
  'revoke-self',
  'revoke-orphan',
  'revoke-accessor',
])

/** Tokens over HTTP (https://developer.hashicorp.com/vault/api-docs/auth/token). */
export class TokenMethod implements Backend {
  readonly type = 'token'
  readonly options = null
  readonly #clock: Clock
  readonly #tokens: Tokens

  constructor(clock: Clock, tokens: Tokens) {
    this.#clock = clock
    this.#tokens = tokens
  }

  exists(): boolean {
    return true
  }

  handle(path: string, call: Call, own: TokenEntry): Reply {
    const { verb, body } = call
    switch (`${verb} ${path}`) {
      case 'write create':
      case 'write create-orphan':
        return this.#create(call, own, path === 'create-orphan')
      case 'read lookup-self':
      case 'write lookup-self':
        return { data: this.#factsOf(own) }
      case 'write lookup':
        return { data: this.#factsOf(this.#named(textIn(body, 'token'))) }
      case 'write lookup-accessor':
        return { data: { ...this.#factsOf(this.#byAccessor(body)), id: '' } }
      case 'write renew-self':
        return this.#renew(own, body)
      case 'write renew':
        return this.#renew(this.#named(textIn(body, 'token')), body)
      case 'write revoke-self':
        this.#tokens.revoke(own.id)
        return {}
      case 'write revoke':
      case 'write revoke-orphan':
        this.#tokens.revoke(this.#named(textIn(body, 'token')).id)
        return {}
      case 'write revoke-accessor':
        this.#tokens.revoke(this.#byAccessor(body).id)
        return {}
      case 'list accessors':
      case 'list accessors/':
        return { data: { keys: this.#tokens.ids.map((id) => this.#tokens.find(id)?.accessor) } }
      default:
        throw known.has(path) || path === 'accessors' ? unsupportedOperation() : unsupportedPath()
    }
  }

  #create({ body, namespace }: Call, own: TokenEntry, orphan: boolean): Reply {
    const asked = textsIn(body, 'policies')
    const isRoot = own.policies.includes('root')
    if (!isRoot && asked.some((one) => one !== 'default' && !own.policies.includes(one)))
      throw gathered(400, 'child policies must be subset of parent')
    const policies = asked.length === 0 ? own.policies : asked
    const withDefault = body['no_default_policy'] === true || policies.includes('root') ? [] : ['default']
    const token = this.#tokens.create({
      id: textIn(body, 'id') || undefined,
      policies: [...new Set([...withDefault, ...policies])],
      displayName: ['token', textIn(body, 'display_name')].filter((part) => part !== '').join('-'),
      namespace,
      parent: orphan || body['no_parent'] === true ? undefined : own.id,
      meta: (body['meta'] as Record<string, string> | undefined) ?? null,
      // Without a wish it lives for 32 days; a root token's child with the policy root for ever.
      ttlSeconds: secondsIn(body, 'ttl') || (policies.includes('root') ? 0 : 2_764_800),
      maxTtlSeconds: secondsIn(body, 'explicit_max_ttl'),
      periodSeconds: secondsIn(body, 'period'),
      renewable: body['renewable'] !== false,
      numUses: numberIn(body, 'num_uses'),
    })
    return { auth: authOf(token, this.#clock) }
  }

  #renew(entry: TokenEntry, body: Call['body']): Reply {
    const wanted = secondsIn(body, 'increment')
    const granted = this.#tokens.renew(entry, wanted)
    const short = granted < (wanted || entry.ttlSeconds)
    const warnings = short ? [`TTL of "${wanted || entry.ttlSeconds}s" exceeded the effective max_ttl`] : undefined
    return { auth: authOf(entry, this.#clock), warnings }
  }

  #named(id: string): TokenEntry {
    if (id === '') throw invalid('missing token ID')
    const entry = this.#tokens.find(id)
    if (entry === undefined) throw gathered(403, 'bad token')
    return entry
  }

  #byAccessor(body: Call['body']): TokenEntry {
    const entry = this.#tokens.byAccessor(textIn(body, 'accessor'))
    if (entry === undefined) throw permissionDenied()
    return entry
  }

  #factsOf(entry: TokenEntry): object {
    const { expiresAt, createdAt } = entry
    return {
      id: entry.id,
      accessor: entry.accessor,
      policies: entry.policies,
      display_name: entry.displayName,
      path: entry.path,
      meta: entry.meta,
      num_uses: entry.usesLeft,
      orphan: entry.parent === undefined,
      renewable: entry.renewable,
      creation_time: Math.floor(createdAt / 1_000),
      issue_time: timeText(createdAt),
      creation_ttl: entry.ttlSeconds,
      explicit_max_ttl: entry.maxTtlSeconds,
      expire_time: expiresAt === undefined ? null : timeText(expiresAt),
      ttl: expiresAt === undefined ? 0 : secondsUntil(this.#clock, expiresAt),
      type: 'service',
      entity_id: '',
    }
  }
}
