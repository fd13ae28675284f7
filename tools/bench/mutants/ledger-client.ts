import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { assertTransport, type CallContext, type ErrorFacts, type OpenContext } from '@casare/core'
import type { Bug } from './bugs.ts'

/** Settings as parsed. */
export interface LedgerConfig {
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly token: string
}

let sharedAgent: PlainAgent | undefined
let sharedToken: string | undefined

/** The client of the sample connector, with room for one bug. */
export class LedgerClient {
  readonly config: LedgerConfig
  readonly bug: Bug | undefined
  readonly #agent: PlainAgent
  readonly #token: string
  readonly agentOfAll: PlainAgent | undefined
  readonly timer: NodeJS.Timeout | undefined

  constructor(config: LedgerConfig, context: OpenContext, bug: Bug | undefined) {
    const { tls, pool } = context
    this.config = config
    this.bug = bug
    if (bug !== 'plaintext-to-anywhere') assertTransport({ host: config.host, secure: config.secure, tls })
    const limits = { keepAlive: true, maxSockets: bug === 'ignores-pool-max' ? Infinity : (pool.max ?? 50) }
    this.#agent = config.secure
      ? new SecureAgent({
          ...limits,
          ...(tls.ca === undefined ? {} : { ca: tls.ca as string }),
          minVersion: bug === 'old-tls' ? 'TLSv1' : 'TLSv1.2',
          ...(bug === 'old-tls' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
          ...(bug === 'no-verification' ? { rejectUnauthorized: false } : {}),
          ...(bug === 'no-name-check' ? { checkServerIdentity: () => undefined } : {}),
        })
      : new PlainAgent(limits)
    if (bug === 'shared-pool' && !config.secure) this.agentOfAll = sharedAgent ??= this.#agent
    if (bug === 'shared-token') sharedToken ??= config.token
    this.#token = bug === 'shared-token' ? (sharedToken ?? '') : config.token
    if (bug === 'timer-left') this.timer = setInterval(() => undefined, 60_000)
  }

  /** One request and its answer. */
  async call(method: string, path: string, body: object | undefined, context: CallContext): Promise<Answer> {
    context.note({ method, host: this.config.host, path: path.split('?')[0] })
    try {
      return await this.#send(method, path, body, context.signal)
    } catch (error) {
      if (this.bug === 'own-retries' && (error as NodeJS.ErrnoException).code === 'ECONNRESET')
        return await this.#send(method, path, body, context.signal)
      if (this.bug === 'swallows-failures' && method === 'POST') return { ok: true }
      if (this.bug === 'failure-is-end' && path.startsWith('/list') && !(error instanceof LedgerError))
        return { items: [] }
      throw error
    }
  }

  #send(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<Answer> {
    const { host, port, secure } = this.config
    const text = body === undefined ? undefined : JSON.stringify(body)
    const data = text === undefined ? undefined : Buffer.from(text, this.bug === 'latin-1' ? 'latin1' : 'utf8')
    const agent = this.bug === 'pool-per-call' ? this.#ownPool() : (this.agentOfAll ?? this.#agent)
    return new Promise((resolve, reject) => {
      const sent = (secure ? secureRequest : plainRequest)(
        {
          host,
          port,
          method,
          path,
          agent,
          ...(this.bug === 'ignores-signal' ? {} : { signal }),
          headers: {
            authorization: `Bearer ${this.#token}`,
            ...(data === undefined ? {} : { 'content-type': 'application/json', 'content-length': data.length }),
          },
        },
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', reject)
          response.on('aborted', () => reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
          response.on('end', () => {
            try {
              const parsed = pieces.length === 0 ? {} : (JSON.parse(Buffer.concat(pieces).toString()) as Answer)
              const { statusCode = 0, headers } = response
              if (statusCode >= 200 && statusCode < 300) resolve(parsed)
              else reject(new LedgerError(statusCode, parsed.message ?? '', headers['retry-after']))
            } catch (error) {
              reject(error)
            }
          })
        },
      )
      sent.on('error', reject)
      sent.end(data)
    })
  }

  /** The bug of a pool for each call, which nobody closes. */
  #ownPool(): PlainAgent {
    const { options } = this.#agent as unknown as { options: object }
    return this.config.secure ? new SecureAgent({ ...options }) : new PlainAgent({ ...options })
  }

  close(): void {
    if (this.bug === 'close-leaves-sockets') return
    this.agentOfAll?.destroy()
    this.#agent.destroy()
  }
}

/** What the ledger answers. */
export interface Answer {
  readonly [field: string]: unknown
  readonly text?: string
  readonly message?: string
  readonly items?: readonly { id: string; text: string; group: number }[]
}

/** An answer that refuses. */
export class LedgerError extends Error {
  readonly status: number
  readonly retryAfter: string | undefined

  constructor(status: number, message: string, retryAfter: string | undefined) {
    super(`The ledger answered ${status}: ${message}`)
    this.status = status
    this.retryAfter = retryAfter
  }
}

const codes = {
  401: 'unauthenticated',
  404: 'not_found',
  409: 'already_exists',
  422: 'invalid_input',
  429: 'rate_limited',
  503: 'unavailable',
} as const

/** The ledger's failures as facts, with room for bugs. */
export function toFacts(error: unknown, bug: Bug | undefined): ErrorFacts | undefined {
  const { code } = error as NodeJS.ErrnoException
  const message = (error as Error).message
  if (bug === 'lost-answer-is-refusal' && code === 'ECONNRESET') return { code: 'unavailable', applied: 'no', message }
  if (bug === 'refusal-is-maybe' && code === 'ECONNREFUSED') return { code: 'unavailable', applied: 'maybe', message }
  if (!(error instanceof LedgerError)) return undefined
  const { status, retryAfter } = error
  if (bug === 'unauthenticated-is-denied' && status === 401) return { code: 'permission_denied', message }
  if (bug === 'unauthenticated-is-transient' && status === 401)
    return { code: 'unauthenticated', transient: true, message }
  if (bug === 'undeclared-error' && status === 409) return { code: 'conflict', message }
  if (bug === 'gone-is-invalid' && status === 404) return { code: 'invalid_input', message }
  if (bug === 'limit-is-internal' && status === 429) return { code: 'internal', message }
  return {
    code: codes[status as keyof typeof codes] ?? 'internal',
    message,
    status,
    cause: error,
    ...(retryAfter === undefined || bug === 'ignores-retry-after' ? {} : { retryAfterMs: Number(retryAfter) * 1_000 }),
  }
}
