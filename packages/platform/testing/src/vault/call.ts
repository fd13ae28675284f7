import type { TokenEntry } from './tokens.ts'

/** What a request asks for; POST and PUT are the same to Vault, and LIST is also `GET ?list=true`. */
export type Verb = 'read' | 'list' | 'write' | 'patch' | 'delete'

/** One request, taken apart. */
export interface Call {
  readonly verb: Verb
  /** Behind `/v1/`, decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly token: string | undefined
  readonly namespace: string
  readonly contentType: string
  readonly body: Readonly<Record<string, unknown>>
}

/** What of an answer differs from one to the next. */
export interface Reply {
  /** Default: 200, or 204 where there is nothing else. */
  readonly status?: number | undefined
  readonly data?: unknown
  readonly auth?: unknown
  readonly lease?: { readonly id: string; readonly seconds: number; readonly renewable: boolean } | undefined
  readonly warnings?: readonly string[] | undefined
  /** In place of Vault's usual envelope. */
  readonly raw?: unknown
}

/** A secrets engine or an auth method at its mount. */
export interface Backend {
  readonly type: string
  readonly options: Readonly<Record<string, string>> | null
  /** Is there something at this path already, so that writing it needs `update` and not `create`? */
  exists(path: string): boolean
  /** @param path below the mount. */
  handle(path: string, call: Call, token: TokenEntry): Reply
  /** Paths that need no token. */
  isOpen?(path: string): boolean
}

export function textIn(body: Call['body'], name: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : ''
}

/** Vault takes `3600`, `"3600"` and `"1h"`. */
export function secondsIn(body: Call['body'], name: string): number {
  const value = body[name]
  if (typeof value === 'number') return value
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(typeof value === 'string' ? value : '') ?? []
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }
  return number === undefined ? 0 : Number(number) * (units[unit] ?? 1)
}

export function numberIn(body: Call['body'], name: string): number {
  const value = Number(body[name] ?? 0)
  return Number.isFinite(value) ? value : 0
}

/** A list, or a text with commas. */
export function textsIn(body: Call['body'], name: string): string[] {
  const value = body[name]
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'string' && value !== '' ? value.split(',').map((one) => one.trim()) : []
}

/** Names directly below a prefix; folders end with a slash. */
export function namesBelow(paths: Iterable<string>, prefix: string): string[] {
  const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`
  const names = new Set<string>()
  for (const path of paths) {
    if (!path.startsWith(folder)) continue
    const rest = path.slice(folder.length)
    const slash = rest.indexOf('/')
    names.add(slash < 0 ? rest : rest.slice(0, slash + 1))
  }
  return [...names].sort()
}
