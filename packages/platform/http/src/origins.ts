import { assertTransport, invalidInput, isLoopback } from '@casare/core'
import type { HttpClientOptions } from './http-types.ts'

/** The origins that a client may talk to with its credentials, and the base path. */
export class Origins {
  /** `https://api.example.com`, the origin of `baseUrl`. */
  readonly own: string
  /** Path of `baseUrl` without its last slash. */
  readonly basePath: string
  readonly #trusted: ReadonlySet<string>
  readonly #checked = new Set<string>()
  readonly #options: Pick<HttpClientOptions, 'tls' | 'event'>

  /** @throws `invalid_input` for an address that is none, carries a password or would go unencrypted over the network. */
  constructor(options: Pick<HttpClientOptions, 'baseUrl' | 'allowOrigins' | 'tls' | 'event'>) {
    this.#options = options
    const base = parseHttpUrl(options.baseUrl, 'baseUrl')
    if (base.search !== '' || base.hash !== '') throw invalidInput('baseUrl must not have a query or a fragment.')
    this.own = base.origin
    this.basePath = base.pathname.replace(/\/+$/, '')
    this.#trusted = new Set([
      base.origin,
      ...(options.allowOrigins ?? []).map((origin) => parseHttpUrl(origin, 'allowOrigins').origin),
    ])
    this.assertTransport(base)
  }

  /** May our credentials go there? */
  trusts(origin: string): boolean {
    return this.#trusted.has(origin)
  }

  /** @throws `invalid_input` where the connection would be unencrypted; looked at once per origin. */
  assertTransport(url: URL): void {
    if (this.#checked.has(url.origin)) return
    assertTransport({ host: url.hostname, secure: url.protocol === 'https:', ...this.#options, tls: this.#options.tls })
    if (this.#checked.size < 1_000) this.#checked.add(url.origin)
  }

  /**
   * An absolute URL on an origin of ours.
   * @throws `invalid_input` for any other.
   */
  trusted(url: string, what: string): URL {
    const parsed = parseHttpUrl(url, what)
    if (!this.#trusted.has(parsed.origin))
      throw invalidInput(
        `${what} leads to ${parsed.origin}, which is not the origin of baseUrl (${this.own}). Add it to allowOrigins if it may get the credentials.`,
      )
    this.assertTransport(parsed)
    return parsed
  }

  /** A page on the network must not send us to services of this machine. */
  refusesRedirect(from: URL, to: URL): boolean {
    return isLoopback(to.hostname) && !isLoopback(from.hostname) && !this.#trusted.has(to.origin)
  }
}

/** @throws `invalid_input` where it is no http(s) URL or carries a user or password. */
export function parseHttpUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalidInput(`${what} must be an absolute http or https URL.`)
  if (url.username !== '' || url.password !== '')
    throw invalidInput(`${what} must not contain a user or password; use auth.`)
  return url
}
