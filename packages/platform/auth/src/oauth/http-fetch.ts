import { invalidInput, type EgressGuard, type Redactor, type TlsConfig } from '@casare/core'
import { createHttpClient, type HttpClient, type HttpContext, type HttpTimeouts } from '@casare/http'

/** How an authorization server is reached. */
export interface HttpFetchOptions {
  readonly tls?: TlsConfig | undefined
  readonly timeouts?: HttpTimeouts | undefined
  readonly egress?: EgressGuard | undefined
  readonly redactor: Redactor
}

/** `fetch` over our own HTTP client: its TLS rules, its limits, no redirect followed. */
export interface HttpFetch {
  (url: string, init: FetchInit): Promise<Response>
  close(): Promise<void>
}

/** What of a request's settings counts here. */
export interface FetchInit {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: URLSearchParams | string | null | undefined
  readonly signal?: AbortSignal | undefined
}

const maxAnswerBytes = 1_048_576
const maxOrigins = 16
/** All of them are the caller's to judge: an authorization server explains itself in the bodies of errors. */
const allStatuses = Array.from({ length: 400 }, (_, index) => index + 200)
const withoutBody = new Set([204, 205, 304])

/** Clients are made per origin and kept: an authorization server's endpoints may lie on several. */
export function httpFetch(options: HttpFetchOptions): HttpFetch {
  const clients = new Map<string, HttpClient>()
  const clientFor = (origin: string): HttpClient => {
    const known = clients.get(origin)
    if (known !== undefined) return known
    if (clients.size >= maxOrigins)
      throw invalidInput(`An authorization server on more than ${maxOrigins} origins is refused.`)
    const client = createHttpClient({
      ...options,
      baseUrl: origin,
      maxRedirects: 0,
      limits: { maxBodyBytes: maxAnswerBytes },
    })
    clients.set(origin, client)
    return client
  }
  const fetch = async (url: string, { method = 'GET', headers = {}, body, signal }: FetchInit): Promise<Response> => {
    const context: HttpContext = {
      signal: signal ?? new AbortController().signal,
      effect: method === 'GET' ? 'read' : 'unsafe',
      redactor: options.redactor,
      fileRoots: [],
      note: () => undefined,
    }
    const answer = await clientFor(new URL(url).origin).request(
      {
        method,
        url,
        headers,
        ...(body === undefined || body === null ? {} : { body: { text: body.toString() } }),
        expect: 'bytes',
        okStatuses: allStatuses,
      },
      context,
    )
    const given = new Headers()
    for (const [name, value] of Object.entries(answer.headers)) {
      // The body is decompressed already.
      if (name === 'content-encoding' || name === 'content-length') continue
      for (const one of typeof value === 'string' ? [value] : (value ?? [])) given.append(name, one)
    }
    const content = withoutBody.has(answer.status) ? null : new Uint8Array(answer.body)
    return new Response(content, { status: answer.status, headers: given })
  }
  return Object.assign(fetch, {
    close: async () => {
      await Promise.all([...clients.values()].map((client) => client.close()))
    },
  })
}
