import { mulberry32, virtualNow } from './virtual-time.ts'
import type { ServerMode } from './scenarios.ts'

/** What a request to the simulated server fails with. */
export class ServerError extends Error {
  readonly code: string | undefined
  readonly status: number | undefined
  readonly retryable = true
  readonly applied: 'no' | 'maybe'
  readonly overload: boolean
  readonly retryAfterMs: number | undefined

  constructor(message: string, status: number | undefined, code: string | undefined, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.code = code
    this.applied = status === 500 ? 'maybe' : 'no'
    this.overload = status === 503
    this.retryAfterMs = retryAfterMs
  }
}

interface Request {
  readonly resolve: (value: number) => void
  readonly reject: (error: Error) => void
}

const workers = 10

/**
 * Ten workers behind one queue, first in first out. Like most servers it does not notice that a client has given up: the
 * work is done all the same, which is what keeps an overloaded system down.
 */
export class Server {
  /** Requests that reached the server so far. */
  arrived = 0
  readonly #mode: () => ServerMode
  readonly #random: () => number
  #queue: Request[] = []
  #head = 0
  #busy = 0

  constructor(mode: () => ServerMode, seed: number) {
    this.#mode = mode
    this.#random = mulberry32(seed)
  }

  readonly request = (): Promise<number> =>
    new Promise((resolve, reject) => {
      this.arrived++
      const { dead, silent, maxQueued, retryAfterMs } = this.#mode()
      if (silent) return
      if (dead) {
        setTimeout(() => reject(new ServerError('connection refused', undefined, 'ECONNREFUSED')), 1)
      } else if (this.#busy < workers) {
        this.#work({ resolve, reject })
      } else if (this.#queue.length - this.#head < maxQueued) {
        this.#queue.push({ resolve, reject })
      } else {
        setTimeout(() => reject(new ServerError('too busy', 503, undefined, retryAfterMs || undefined)), 1)
      }
    })

  #work(request: Request): void {
    this.#busy++
    const { serviceMs, errorShare } = this.#mode()
    // Service times vary by a half in both directions.
    const takesMs = serviceMs * (0.5 + this.#random())
    const fails = this.#random() < errorShare
    setTimeout(() => {
      this.#busy--
      const next = this.#queue[this.#head]
      if (next !== undefined) {
        this.#head++
        if (this.#head > 10_000) {
          this.#queue = this.#queue.slice(this.#head)
          this.#head = 0
        }
        this.#work(next)
      }
      if (fails) request.reject(new ServerError('internal error', 500, undefined))
      else request.resolve(virtualNow())
    }, takesMs)
  }
}
