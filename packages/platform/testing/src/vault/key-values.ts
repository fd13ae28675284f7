import { invalid, nothing, unsupportedOperation } from './api-error.ts'
import { namesBelow, type Backend, type Call, type Reply } from './call.ts'

/** Key/value version 1: one value at each path (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1). */
export class KeyValues implements Backend {
  readonly type = 'kv'
  readonly options = { version: '1' }
  readonly #values = new Map<string, Readonly<Record<string, unknown>>>()

  exists(path: string): boolean {
    return this.#values.has(path)
  }

  handle(path: string, { verb, body }: Call): Reply {
    switch (verb) {
      case 'read': {
        const data = this.#values.get(path)
        if (data === undefined) throw nothing()
        return { data, lease: { id: '', seconds: 2_764_800, renewable: false } }
      }
      case 'write':
        if (path.endsWith('/')) throw invalid("cannot write to a path ending in '/'")
        if (Object.keys(body).length === 0) throw invalid('missing data fields')
        this.#values.set(path, body)
        return {}
      case 'delete':
        this.#values.delete(path)
        return {}
      case 'list': {
        const keys = namesBelow(this.#values.keys(), path)
        if (keys.length === 0) throw nothing()
        return { data: { keys } }
      }
      case 'patch':
        throw unsupportedOperation()
    }
  }
}
