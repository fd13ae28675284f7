import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, invalid } from './api-error.ts'
import type { Call, Verb } from './call.ts'

/** A request as it came, whole. */
export interface Incoming {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const verbs: Readonly<Record<string, Verb>> = {
  GET: 'read',
  HEAD: 'read',
  LIST: 'list',
  POST: 'write',
  PUT: 'write',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** @throws ApiError for what is no request of Vault's */
export function callOf({ method, url, headers, body }: Incoming): Call {
  const { pathname, searchParams } = new URL(url, 'http://vault.invalid')
  const path = decoded(pathname)
  if (!path.startsWith('/v1/')) throw new ApiError(404)
  const verb = verbs[method]
  if (verb === undefined) throw new ApiError(405)
  const lists = verb === 'read' && /^(?:true|1)$/.test(searchParams.get('list') ?? '')
  const header = (name: string): string => String(headers[name] ?? '')
  const bearer = /^Bearer (.+)$/.exec(header('authorization'))?.[1]
  return {
    verb: lists ? 'list' : verb,
    path: path.slice('/v1/'.length),
    query: searchParams,
    token: header('x-vault-token') || bearer,
    namespace: header('x-vault-namespace').replace(/^\/|\/$/g, ''),
    contentType: header('content-type'),
    body: verb === 'write' || verb === 'patch' ? parsed(body) : {},
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new ApiError(400)
  }
}

function parsed(body: Buffer): Call['body'] {
  if (body.byteLength === 0) return {}
  try {
    const value = JSON.parse(body.toString()) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Call['body']
  } catch (error) {
    throw invalid(`error parsing JSON: ${(error as Error).message}`)
  }
  throw invalid('error parsing JSON')
}

/**
 * A request whose method is LIST, out of the bytes that Node's parser has given up on: it knows no such method.
 * `undefined` for anything else.
 */
export function listRequestIn(packet: Uint8Array): Incoming | undefined {
  const [head = '', ...rest] = Buffer.from(packet).toString('latin1').split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const url = /^LIST (\S+) HTTP\/1\.1$/.exec(line)?.[1]
  if (url === undefined || rest.length === 0) return undefined
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  )
  return { method: 'LIST', url, headers, body: Buffer.alloc(0) }
}
