import { invalidInput } from '@casare/core'
import type { HttpRequest, QueryValue } from './http-types.ts'

const forbidden = /[\x00-\x20\x7f\\#]/
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?]|$)/i
const placeholder = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/**
 * The path of a request with its values filled in and its query appended.
 * @throws `invalid_input` for a missing value, a segment that climbs (`..`, also encoded), white space or control characters.
 */
export function buildPath(base: string, { path = '', values, query }: HttpRequest): string {
  let result = path
  if (result.includes('{')) result = fill(result, values ?? {})
  if (forbidden.test(result))
    throw invalidInput(
      'The path contains white space, a control character, "\\" or "#". Encode it, or pass it as a value.',
    )
  if (dotSegment.test(result)) throw invalidInput('The path contains a "." or ".." segment, which is refused.')
  result = joinPath(base, encodeNonAscii(result))
  return query === undefined ? result : appendQuery(result, query)
}

function fill(template: string, values: Readonly<Record<string, string | number | bigint>>): string {
  return template.replace(placeholder, (_whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) throw invalidInput(`The path ${template} needs the value "${name}".`)
    const segment = String(value)
    if (segment === '' || segment === '.' || segment === '..')
      throw invalidInput(`The path value "${name}" must not be empty, "." or "..".`)
    return encodeURIComponent(segment.toWellFormed())
  })
}

function joinPath(base: string, path: string): string {
  if (path === '') return base === '' ? '/' : base
  if (path.startsWith('/') || path.startsWith('?'))
    return base + (base === '' && path.startsWith('?') ? '/' : '') + path
  return `${base}/${path}`
}

function encodeNonAscii(path: string): string {
  return path.replace(/[^\x21-\x7e]+/g, (text) => encodeURIComponent(text.toWellFormed()))
}

/** A path with parameters appended to its query. */
export function appendQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  const encoded = encodeForm(query)
  return encoded === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${encoded}`
}

/** Parameters as `application/x-www-form-urlencoded`. */
export function encodeForm(parameters: Readonly<Record<string, QueryValue>>): string {
  let result = ''
  for (const name in parameters) {
    const value = parameters[name]
    if (value === undefined || value === null) continue
    for (const item of Array.isArray(value) ? (value as readonly QueryValue[]) : [value])
      result += `${result === '' ? '' : '&'}${encode(name)}=${encode(String(item))}`
  }
  return result
}

function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
