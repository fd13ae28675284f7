import type { CallContext } from '@casare/core'

/** One request on its way and what is known of it: the facts that decide what a failure proves. */
export class Exchange {
  readonly method: string
  readonly origin: string
  /** For messages: without the query. */
  readonly path: string
  readonly effect: CallContext['effect']
  /** The request was handed to a connection. */
  started = false
  /** Set when the answer's header has arrived. */
  status: number | undefined
  /** The request's own body stream failed. */
  sourceError: { readonly error: unknown } | undefined
  /** What the requests before a redirect did: a POST that answered 303 may have had its effect. */
  readonly appliedEarlier: 'no' | 'maybe'
  #onStart: (() => void) | undefined

  constructor(
    method: string,
    origin: string,
    path: string,
    effect: CallContext['effect'],
    appliedEarlier: 'no' | 'maybe',
  ) {
    this.appliedEarlier = appliedEarlier
    this.method = method
    this.origin = origin
    const query = path.indexOf('?')
    this.path = query === -1 ? path : path.slice(0, query)
    this.effect = effect
  }

  /** `GET https://api.example.com/flights` */
  get subject(): string {
    return `${this.method} ${this.origin}${this.path}`
  }

  start(): void {
    this.started = true
    this.#onStart?.()
  }

  onStart(listener: () => void): void {
    this.#onStart = listener
  }

  /**
   * May the effect have happened, now that no proper answer will come? A status of 2xx says it has; that nothing can be
   * repeated then matters only where repeating would do harm.
   */
  get applied(): 'no' | 'maybe' | 'yes' {
    if (!this.started) return this.appliedEarlier
    const succeeded = this.status !== undefined && this.status >= 200 && this.status < 300
    return succeeded && this.effect === 'unsafe' ? 'yes' : 'maybe'
  }
}
