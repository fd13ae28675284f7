import { ApiError, invalid, nothing, unsupportedOperation, unsupportedPath } from './api-error.ts'
import { namesBelow, numberIn, type Backend, type Call, type Reply } from './call.ts'
import type { Clock } from './clock.ts'
import { VersionedSecret } from './versioned-secret.ts'

/** Key/value version 2 (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). */
export class VersionedKeyValues implements Backend {
  readonly type = 'kv'
  readonly options = { version: '2' }
  readonly #clock: Clock
  readonly #secrets = new Map<string, VersionedSecret>()
  #config = { max_versions: 0, cas_required: false, delete_version_after: '0s' }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  exists(path: string): boolean {
    return this.#secrets.has(path.slice(path.indexOf('/') + 1))
  }

  handle(path: string, call: Call): Reply {
    const [, kind = path, secret = ''] = /^([a-z]+)\/([^]*)$/.exec(path) ?? []
    switch (kind) {
      case 'config':
        return this.#configure(call)
      case 'data':
        return this.#data(secret, call)
      case 'metadata':
        return this.#metadata(secret, call)
      case 'delete':
      case 'undelete':
      case 'destroy':
        if (call.verb !== 'write') throw unsupportedOperation()
        if (secret === '') throw unsupportedPath()
        this.#secrets.get(secret)?.[kind](versionsIn(call.body))
        return {}
      default:
        throw unsupportedPath()
    }
  }

  #configure({ verb, body }: Call): Reply {
    if (verb === 'read') return { data: this.#config }
    if (verb !== 'write') throw unsupportedOperation()
    const { max_versions = this.#config.max_versions, cas_required = this.#config.cas_required } = body
    this.#config = { ...this.#config, max_versions: Number(max_versions), cas_required: cas_required === true }
    return {}
  }

  #data(path: string, { verb, body, query, contentType }: Call): Reply {
    if (path === '' || path.endsWith('/')) {
      if (verb === 'write') throw invalid(path === '' ? 'missing path' : "cannot write to a path ending in '/'")
      throw unsupportedPath()
    }
    const secret = this.#secrets.get(path)
    switch (verb) {
      case 'read': {
        const found = secret?.read(Number(query.get('version') ?? 0) || undefined)
        if (found === undefined) throw nothing()
        return { status: found.data === null ? 404 : 200, data: found }
      }
      case 'write': {
        const data = dataIn(body)
        const written = secret ?? new VersionedSecret(this.#clock)
        written.checkAndSet(body, this.#config.cas_required)
        this.#secrets.set(path, written)
        return { data: written.write(data, this.#config.max_versions) }
      }
      case 'patch': {
        if (!contentType.startsWith('application/merge-patch+json'))
          throw new ApiError(415, 'PATCH requires Content-Type of application/merge-patch+json')
        const patch = dataIn(body)
        if (secret === undefined) throw nothing()
        secret.checkAndSet(body, this.#config.cas_required)
        const found = secret.read()
        if (found === undefined) throw nothing()
        if (found.data === null) return { status: 404, data: found.metadata }
        return { data: secret.write(merged(found.data, patch) as Record<string, unknown>, this.#config.max_versions) }
      }
      case 'delete':
        secret?.delete([secret.current])
        return {}
      case 'list':
        throw unsupportedOperation()
    }
  }

  #metadata(path: string, { verb, body }: Call): Reply {
    if (verb === 'list') {
      const keys = namesBelow(this.#secrets.keys(), path)
      if (keys.length === 0) throw nothing()
      return { data: { keys } }
    }
    if (verb === 'delete') {
      this.#secrets.delete(path)
      return {}
    }
    if (path === '') throw verb === 'read' ? nothing() : invalid('missing path')
    let secret = this.#secrets.get(path)
    if (verb === 'read' || verb === 'patch') if (secret === undefined) throw nothing()
    if (verb === 'read') return { data: secret?.metadata }
    if (secret === undefined) this.#secrets.set(path, (secret = new VersionedSecret(this.#clock)))
    if ('max_versions' in body) secret.maxVersions = numberIn(body, 'max_versions')
    if ('cas_required' in body) secret.casRequired = body['cas_required'] === true
    if ('custom_metadata' in body) secret.customMetadata = body['custom_metadata'] as Record<string, string>
    return {}
  }
}

function dataIn(body: Call['body']): Record<string, unknown> {
  const { data } = body
  if (typeof data !== 'object' || data === null || Array.isArray(data)) throw invalid('no data provided')
  return data as Record<string, unknown>
}

function versionsIn({ versions }: Call['body']): number[] {
  if (!Array.isArray(versions) || versions.length === 0) throw invalid('No version number provided')
  return versions.map(Number)
}

/** JSON Merge Patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result = new Map(typeof target === 'object' && target !== null ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch))
    if (value === null) result.delete(key)
    else result.set(key, merged(result.get(key), value))
  return Object.fromEntries(result)
}
