import { ConnectorError, invalidInput } from '@casare/core'
import { Agents } from './agents.ts'
import { addHeaders } from './assert-header.ts'
import type { HttpContext, OutgoingRequest } from './auth/authorizer.ts'
import { acceptEncoding } from './body/decompress.ts'
import { beginningOf, dropping, planFor, readAnswer } from './body/read-answer.ts'
import { openRequestBody, WatchedBody, type RequestBody } from './body/request-body.ts'
import { buildPath, appendQuery } from './build-path.ts'
import { toExchangeError } from './errors/exchange-error.ts'
import { toStatusError } from './errors/status-error.ts'
import { Exchange } from './exchange.ts'
import { ExchangeHandler, type Answer } from './exchange-handler.ts'
import { readOptions, type ReadyOptions } from './http-options.ts'
import type { BodyKinds, HttpClientOptions, HttpRequest, HttpResponse } from './http-types.ts'
import { Origins } from './origins.ts'
import { followRedirect, isRedirect, tooManyRedirects } from './redirect.ts'

/** The HTTP client of one connection. */
export interface HttpClient {
  /** Origin of `baseUrl`. */
  readonly origin: string
  /**
   * Sends one request, once: what is repeated is decided by the runtime, from the error's facts. Redirects are followed and
   * a refreshed credential is tried once.
   * @throws `ConnectorError` for everything that goes wrong; an aborted signal's own reason where that is one of ours.
   */
  request<Kind extends keyof BodyKinds>(request: HttpRequest<Kind>, context: HttpContext): Promise<HttpResponse<Kind>>
  /** The path and query of a URL on an origin of ours, resolved against another; for links in answers. */
  resolve(link: string, against: string): string
  /** Ends all connections; what still runs fails with `cancelled`. Idempotent. */
  close(): Promise<void>
}

/**
 * Makes the client. undici is loaded, and the first connection made, at the first request.
 * @throws `invalid_input` for wrong settings.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new Client(readOptions(options))
}

/** How much of an error answer is read, for its code and message. */
const maxErrorBytes = 16_384
const errorBeginning = { mode: 'beginning', maxBytes: maxErrorBytes } as const

class Client implements HttpClient {
  readonly #options: ReadyOptions
  readonly #origins: Origins
  readonly #agents: Agents
  readonly #headers: Readonly<Record<string, string>>
  #closed = false
  /** Streams handed over as bodies and read: an attempt that sent the rest of one would send a part as the whole. */
  readonly #consumed = new WeakSet<object>()

  constructor(options: ReadyOptions) {
    this.#options = options
    this.#origins = new Origins(options)
    this.#agents = new Agents(options, this.#origins.own)
    const headers: Record<string, string> = {
      accept: '*/*',
      'accept-encoding': acceptEncoding,
      'user-agent': 'casare-connect',
    }
    addHeaders(headers, options.headers ?? {})
    this.#headers = headers
  }

  get origin(): string {
    return this.#origins.own
  }

  resolve(link: string, against: string): string {
    const href = URL.canParse(link, against) ? new URL(link, against).href : link
    return this.#origins.trusted(href, 'The link to the next page').href
  }

  async request<Kind extends keyof BodyKinds>(
    request: HttpRequest<Kind>,
    context: HttpContext,
  ): Promise<HttpResponse<Kind>> {
    const outgoing = this.#outgoing(request)
    const opening = openRequestBody(request, context.fileRoots)
    const body = opening instanceof Promise ? await opening : opening
    if (body !== undefined) outgoing.headers['content-type'] ??= body.contentType
    if (body?.source !== undefined && this.#consumed.has(body.source)) throw consumedBody()
    context.note({
      method: outgoing.method,
      host: outgoing.origin.slice(outgoing.origin.indexOf('//') + 2),
      path: request.path ?? withoutQuery(outgoing.path),
    })
    if (body?.source === undefined) return this.#follow(request, outgoing, body, context)
    try {
      return await this.#follow(request, outgoing, body, context)
    } catch (error) {
      throw ConnectorError.is(error) && this.#consumed.has(body.source) ? notAgain(error) : error
    }
  }

  #outgoing(request: HttpRequest): OutgoingRequest {
    const headers = { ...this.#headers }
    if (request.headers !== undefined) addHeaders(headers, request.headers)
    const method = request.method?.toUpperCase() ?? 'GET'
    if (request.url === undefined) {
      return { method, origin: this.#origins.own, path: buildPath(this.#origins.basePath, request), headers }
    }
    if (request.path !== undefined) throw invalidInput('A request takes only one of path and url.')
    const url = this.#origins.trusted(request.url, 'url')
    const path = url.pathname + url.search
    return {
      method,
      origin: url.origin,
      path: request.query === undefined ? path : appendQuery(path, request.query),
      headers,
    }
  }

  /** Sends, follows redirects, and tries once more where the credentials were refreshed. */
  async #follow<Kind extends keyof BodyKinds>(
    request: HttpRequest<Kind>,
    first: OutgoingRequest,
    firstBody: RequestBody | undefined,
    context: HttpContext,
  ): Promise<HttpResponse<Kind>> {
    const { authorizer, maxRedirects, readError } = this.#options
    let next = { request: first, body: firstBody, trusted: true }
    let appliedEarlier: 'no' | 'maybe' = 'no'
    let refreshed = false
    for (let redirects = 0; ;) {
      const sent = next.request
      const signed =
        authorizer === undefined || !next.trusted
          ? sent
          : { ...sent, headers: { ...sent.headers }, body: contentOf(next.body) }
      if (signed !== sent) await authorizer?.apply(signed, context)
      const exchange = new Exchange(sent.method, sent.origin, sent.path, context.effect, appliedEarlier)
      const answer = await this.#send(signed, next, request, exchange, context)
      const { status, headers } = answer
      context.note({ status })
      if (isOk(status, request.okStatuses)) {
        const maxBytes = request.maxBytes ?? (request.expect === 'stream' ? undefined : this.#options.maxBodyBytes)
        const reading = readAnswer(answer, request.expect, maxBytes, exchange, context.signal)
        const body = reading instanceof Promise ? await reading : reading
        return { status, headers, url: sent.origin + exchange.path, body }
      }
      if (isRedirect(status, headers) && maxRedirects > 0) {
        if (++redirects > maxRedirects) throw tooManyRedirects(exchange, maxRedirects)
        next = followRedirect(exchange, headers, sent, next.body, this.#origins)
        if (status === 303 && sent.method !== 'GET' && sent.method !== 'HEAD') appliedEarlier = 'maybe'
        continue
      }
      const repeatable = next.body?.repeatable !== false
      if (
        status === 401 &&
        next.trusted &&
        !refreshed &&
        repeatable &&
        (await authorizer?.onUnauthorized?.(context, signed))
      ) {
        refreshed = true
        continue
      }
      const text = context.redactor.text(await beginningOf(answer, maxErrorBytes))
      const error = toStatusError(exchange, { status, headers }, text, readError)
      context.note({ requestId: error.requestId })
      throw error
    }
  }

  async #send(
    request: OutgoingRequest,
    { body, trusted }: { readonly body: RequestBody | undefined; readonly trusted: boolean },
    { expect, okStatuses, maxBytes = this.#options.maxBodyBytes }: HttpRequest,
    exchange: Exchange,
    { signal }: HttpContext,
  ): Promise<Answer> {
    if (signal.aborted) throw toExchangeError(signal.reason, exchange, signal)
    if (this.#closed) throw closedError()
    const found = this.#agents.for(request.origin, trusted)
    const agent = found instanceof Promise ? await found : found
    if (this.#closed) throw closedError()
    const handler = new ExchangeHandler(exchange, signal, (status, headers) => {
      if (isOk(status, okStatuses)) return planFor(expect, maxBytes)
      return isRedirect(status, headers) ? dropping : errorBeginning
    })
    const watched = this.#watch(body, request, exchange, handler)
    const stopWaiting = this.#limitWait(exchange, handler)
    try {
      const { origin, path, method, headers } = request
      agent.dispatch(
        {
          origin,
          path,
          method,
          headers,
          body: (watched?.stream() ?? body?.whole ?? null) as string | null,
          // The clocks of a streamed body are its own: undici's runs while the source is slow.
          headersTimeout: watched === undefined ? this.#options.readMs : 0,
          bodyTimeout: this.#options.readMs,
        },
        handler,
      )
      return await handler.answer
    } catch (error) {
      throw toExchangeError(error, exchange, signal)
    } finally {
      watched?.stop()
      stopWaiting?.()
      if (watched?.started === true && body?.source !== undefined) this.#consumed.add(body.source)
    }
  }

  #watch(
    body: RequestBody | undefined,
    request: OutgoingRequest,
    exchange: Exchange,
    handler: ExchangeHandler,
  ): WatchedBody | undefined {
    const open = body?.open
    if (open === undefined) return undefined
    if (open.length === undefined) delete request.headers['content-length']
    else request.headers['content-length'] = String(open.length)
    const { writeMs, readMs } = this.#options
    return new WatchedBody(open.stream(), exchange, writeMs, readMs, (error) => handler.abort(error))
  }

  /** The wait for a free connection, where it is limited; it ends when the request is handed to one. */
  #limitWait(exchange: Exchange, handler: ExchangeHandler): (() => void) | undefined {
    const acquireMs = this.#options.pool.acquireMs
    if (acquireMs === undefined) return undefined
    const timer = setTimeout(() => {
      const message = `${exchange.subject}: no free connection within pool.acquireMs (${acquireMs} ms).`
      handler.abort(new ConnectorError({ code: 'unavailable', applied: 'no', message }))
    }, acquireMs)
    const stop = (): void => clearTimeout(timer)
    exchange.onStart(stop)
    return stop
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#agents.close(closedError())
  }
}

const openAgain = 'Pass a function that opens a new stream to make the call repeatable.'

/** The failure of a call whose body is gone: no repetition has a chance. */
function notAgain(error: ConnectorError): ConnectorError {
  const message = error.transient ? `${error.message} The stream of its body was consumed. ${openAgain}` : error.message
  return ConnectorError.with(error, { retryable: false }, { transient: false, message })
}

function consumedBody(): ConnectorError {
  return invalidInput(`The stream of the body was consumed by an earlier attempt. ${openAgain}`)
}

/** A body as a signature needs it. */
function contentOf(body: RequestBody | undefined): OutgoingRequest['body'] {
  return body === undefined ? undefined : { bytes: body.whole ?? body.open?.bytes }
}

function isOk(status: number, okStatuses: readonly number[] | undefined): boolean {
  return okStatuses === undefined ? status >= 200 && status < 300 : okStatuses.includes(status)
}

function closedError(): ConnectorError {
  return new ConnectorError({ code: 'cancelled', applied: 'maybe', message: 'The HTTP client is closed.' })
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?')
  return query === -1 ? path : path.slice(0, query)
}
