import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { invalid } from './api-error.ts'

/** A request to the simulator. */
export interface Call {
  readonly method: string
  /** As it was sent, still encoded, without the query. */
  readonly rawPath: string
  /** Decoded, one by one: a slash within a name stays within its segment. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The bytes of the request; ends early with an error where the connection is cut. */
  readonly body: AsyncIterable<Uint8Array>
  /** Where the simulator is, without a slash at the end. */
  readonly origin: string
}

/** What is answered: JSON from an object, else bytes in chunks. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: object
  readonly chunks?: readonly Uint8Array[]
}

export function callOf(request: IncomingMessage, origin: string): Call {
  const [rawPath = '/', search = ''] = (request.url ?? '/').split(/\?(.*)/s)
  let segments: string[]
  try {
    segments = rawPath.slice(1).split('/').map(decodeURIComponent)
  } catch {
    throw invalid(`The path ${rawPath} is not encoded well.`)
  }
  const { method = 'GET', headers } = request
  return { method, rawPath, segments, query: new URLSearchParams(search), headers, body: request, origin }
}

/** A header that comes once. */
export function headerOf({ headers }: Pick<Call, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** A JSON body of at most a mebibyte; an absent one is an empty object. */
export async function jsonBody({ body }: Call): Promise<Record<string, unknown>> {
  return parsedJson(await wholeBody(body, 1024 * 1024))
}

export function parsedJson(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.byteLength === 0) return {}
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString())
  } catch {
    throw invalid('Parse Error')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('Parse Error')
  return value as Record<string, unknown>
}

export async function wholeBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) throw invalid(`The body has more than ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
