import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { byApiKey, byClientCredentials, type Access } from './access.ts'
import { loadAirports, loadFlights, type Flight, type FlightsName } from './dataset.ts'
import { faultOf, repeatsRecord, type Fault } from './faults.ts'
import { withMalformed } from './malformed.ts'

/** Settings of the example's API. */
export interface ServerOptions {
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** Decides every fault. Default 1. */
  readonly seed?: number | undefined
  /** `off` serves clean data without a fault. Default `on`. */
  readonly faults?: 'on' | 'off' | undefined
  readonly dataset?: FlightsName | undefined
  /** Secret of the client `airports-and-flights`. Default `airports-and-flights-demo-secret`. */
  readonly clientSecret?: string | undefined
  /** How long an access token is good. Default 10. */
  readonly tokenSeconds?: number | undefined
  /** With it the API asks for this key in the header `x-api-key`, and not for a token. */
  readonly apiKey?: string | undefined
}

/** A running API. */
export interface RunningServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  readonly clientSecret: string
  /** How often each fault was given. */
  readonly faults: Readonly<Record<Exclude<Fault, 'none'>, number>>
  /** How many requests came in so far. */
  readonly requests: number
  close(): Promise<void>
}

const defaultSecret = 'airports-and-flights-demo-secret'
const maxAirports = 1_000
const maxFlights = 5_000

/** A page as it should be answered. */
interface PageAnswer {
  readonly body: object
  /** Index of the page of flights; the faults know some of them by it. */
  readonly flightsPage?: number | undefined
}

/** Starts the API on loopback; resolves when it listens. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const api = new HostileApi(options)
  const server = createServer((request, response) => api.answer(request, response))
  const port = await listen(server, options.port ?? 0)
  return {
    url: `http://127.0.0.1:${port}`,
    clientSecret: options.clientSecret ?? defaultSecret,
    faults: api.given,
    get requests() {
      return api.requests
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

class HostileApi {
  readonly given = { too_many_requests: 0, unavailable: 0, reset: 0, stall: 0 }
  requests = 0
  readonly #seed: number
  readonly #hostile: boolean
  readonly #access: Access
  readonly #airports = loadAirports()
  readonly #sound: readonly Flight[]
  readonly #flights: readonly Flight[]
  readonly #attempts = new Map<string, number>()

  constructor(options: ServerOptions) {
    const {
      seed = 1,
      faults = 'on',
      dataset = '200k',
      apiKey,
      clientSecret = defaultSecret,
      tokenSeconds = 10,
    } = options
    this.#seed = seed
    this.#hostile = faults === 'on'
    this.#access = apiKey === undefined ? byClientCredentials({ secret: clientSecret, tokenSeconds }) : byApiKey(apiKey)
    this.#sound = loadFlights(dataset)
    this.#flights = this.#hostile ? withMalformed(this.#sound, seed) : this.#sound
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (this.#access.answer(request, response)) return
    this.requests += 1
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET') return fail(response, 405, 'Only GET is served.')
    const refusal = this.#access.refusal(request)
    if (refusal !== undefined) return fail(response, 401, refusal)
    const page = this.#page(url)
    if (typeof page === 'string') return fail(response, page === '' ? 404 : 400, page === '' ? 'No such path.' : page)
    this.#send(response, page, this.#nextFault(`GET ${url.pathname}${url.search}`, page.flightsPage))
  }

  #nextFault(request: string, flightsPage: number | undefined): Fault {
    if (!this.#hostile) return 'none'
    const attempt = (this.#attempts.get(request) ?? 0) + 1
    this.#attempts.set(request, attempt)
    return faultOf(this.#seed, request, attempt, flightsPage)
  }

  /** The page asked for, or what is wrong with the question; `''` for an unknown path. */
  #page(url: URL): PageAnswer | string {
    if (url.pathname === '/airports') return this.#airportsPage(url.searchParams)
    if (url.pathname === '/flights') return this.#flightsPage(url.searchParams)
    return ''
  }

  #airportsPage(query: URLSearchParams): PageAnswer | string {
    const page = whole(query.get('page') ?? '1', 1, 1_000_000)
    const size = whole(query.get('size') ?? '100', 1, maxAirports)
    if (page === undefined || size === undefined) return `page must be from 1, size from 1 to ${maxAirports}.`
    const data = this.#airports.slice((page - 1) * size, page * size)
    return { body: { page, size, total: this.#airports.length, data } }
  }

  #flightsPage(query: URLSearchParams): PageAnswer | string {
    const start = whole((query.get('cursor') ?? 'after-0').replace(/^after-/, ''), 0, this.#flights.length)
    const limit = whole(query.get('limit') ?? '1000', 1, maxFlights)
    if (start === undefined || limit === undefined)
      return `cursor must be one that a page gave, limit from 1 to ${maxFlights}.`
    const end = start + limit
    const data = this.#flights.slice(start, end)
    const flightsPage = Math.floor(start / limit)
    const before = this.#flights[start - 1]
    // A malformed one is not repeated: each of the five is there once.
    const repeatable = this.#hostile && before !== undefined && before === this.#sound[start - 1]
    if (repeatable && repeatsRecord(this.#seed, flightsPage)) data.unshift(before)
    return { body: { data, next: end < this.#flights.length ? `after-${end}` : null }, flightsPage }
  }

  #send(response: ServerResponse, page: PageAnswer, fault: Fault): void {
    if (fault !== 'none') this.given[fault] += 1
    switch (fault) {
      case 'too_many_requests':
        response.setHeader('retry-after', '1')
        return fail(response, 429, 'Slow down.')
      case 'unavailable':
        return fail(response, 503, 'Back in a moment.')
      case 'stall':
        // Nothing is ever sent: the client's clock has to notice.
        return
      case 'reset':
      case 'none':
        sendJson(response, 200, page.body, fault === 'reset')
    }
  }
}

function whole(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  return value >= min && value <= max ? value : undefined
}

function fail(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message } }, false)
}

function sendJson(response: ServerResponse, status: number, body: object, broken: boolean): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.byteLength })
  if (!broken) {
    response.end(bytes)
    return
  }
  response.write(bytes.subarray(0, bytes.byteLength / 2), () => response.socket?.resetAndDestroy())
}
