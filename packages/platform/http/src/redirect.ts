import { ConnectorError } from '@casare/core'
import type { Exchange } from './exchange.ts'
import type { HttpHeaders } from './http-types.ts'
import type { Origins } from './origins.ts'
import { parseHttpUrl } from './origins.ts'
import type { OutgoingRequest } from './auth/authorizer.ts'
import type { RequestBody } from './body/request-body.ts'

const redirects = new Set([301, 302, 303, 307, 308])

/** Is it a redirect that says where to? */
export function isRedirect(status: number, headers: HttpHeaders): boolean {
  return redirects.has(status) && headers['location'] !== undefined
}

/** Header fields that say nothing about us; all others stay behind when the origin changes. */
const harmless = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'user-agent',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'content-type',
])

/** Where a redirect leads. */
export interface RedirectTarget {
  readonly request: OutgoingRequest
  readonly body: RequestBody | undefined
  /** May it get our credentials? */
  readonly trusted: boolean
}

/**
 * The request that follows a redirect (RFC 9110, 15.4). 303 makes it a GET; 301 and 302 do so for POST, as every browser
 * does; 307 and 308 repeat method and body. Leaving our origins, it carries no credentials and no body.
 * @throws `internal` for a target that is refused: from https to http, into this machine, or with a body to strangers.
 */
export function followRedirect(
  exchange: Exchange,
  headers: HttpHeaders,
  sent: OutgoingRequest,
  body: RequestBody | undefined,
  origins: Origins,
): RedirectTarget {
  const from = new URL(sent.origin + sent.path)
  const to = targetOf(exchange, String(headers['location']), from)
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused(exchange, `to unencrypted ${to.origin}`)
  if (origins.refusesRedirect(from, to)) throw refused(exchange, `to ${to.origin}, a service of this machine`)
  origins.assertTransport(to)
  const becomesGet =
    (exchange.status === 303 && sent.method !== 'HEAD') ||
    ((exchange.status === 301 || exchange.status === 302) && sent.method === 'POST')
  const nextBody = becomesGet ? undefined : body
  const trusted = origins.trusts(to.origin)
  if (nextBody !== undefined && !trusted) throw refused(exchange, `with the request's body to ${to.origin}`)
  if (nextBody?.repeatable === false)
    throw refused(exchange, 'and its body is a stream that can be read only once; pass a function that opens it')
  const kept = Object.entries(sent.headers).filter(
    ([name]) => (trusted || harmless.has(name)) && (nextBody !== undefined || name !== 'content-type'),
  )
  return {
    request: {
      method: becomesGet ? 'GET' : sent.method,
      origin: to.origin,
      path: to.pathname + to.search,
      headers: Object.fromEntries(kept),
    },
    body: nextBody,
    trusted,
  }
}

function targetOf(exchange: Exchange, location: string, from: URL): URL {
  if (!URL.canParse(location, from.href)) throw refused(exchange, 'to something that is no URL')
  try {
    return parseHttpUrl(new URL(location, from.href).href, 'The redirect')
  } catch {
    throw refused(exchange, 'to something that is no plain http(s) URL')
  }
}

function refused(exchange: Exchange, words: string): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    // A redirect says: not done here, ask there. Only after 303 it was.
    applied: exchange.status === 303 ? 'maybe' : exchange.appliedEarlier,
    transient: false,
    status: exchange.status,
    message: `${exchange.subject}: redirected (${exchange.status}) ${words}, which is refused.`,
  })
}

/** The error of a chain longer than allowed. */
export function tooManyRedirects(exchange: Exchange, max: number): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    applied: exchange.appliedEarlier,
    transient: false,
    status: exchange.status,
    message: `${exchange.subject}: more than ${max} redirects (maxRedirects).`,
  })
}
