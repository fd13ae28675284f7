import { ConnectorError } from '@casare/core'
import type { TokenSet } from '../tokens/token-set.ts'
import { FencedRefresh, type FencedRefreshOptions } from './fenced-refresh.ts'

/** Options of a token source. */
export interface TokenSourceOptions extends FencedRefreshOptions {
  /**
   * How long before its end a token is renewed in the background, in milliseconds, 0 to 3,600,000. Default: a tenth of its life,
   * at least 5 s and at most 60 s.
   */
  readonly earlyMs?: number | undefined
}

/** Gives an access token that is good now. All calls of a process share one; see `FencedRefresh` for how processes share it. */
export class TokenSource {
  readonly #refresh: FencedRefresh
  readonly #earlyMs: number | undefined
  #current: TokenSet | undefined
  /** From here on somebody renews it, milliseconds since 1970. */
  #freshUntil = 0
  #goodUntil = 0
  #renewing: Promise<TokenSet> | undefined
  /** After a renewal ahead of time failed: not again before. */
  #pauseUntil = 0

  constructor(options: TokenSourceOptions) {
    this.#refresh = new FencedRefresh(options)
    this.#earlyMs = options.earlyMs
  }

  /** The token at hand where it is fresh; nothing is waited for then. */
  get(signal?: AbortSignal): TokenSet | Promise<TokenSet> {
    const now = Date.now()
    const current = this.#current
    if (current !== undefined && now < this.#freshUntil) return current
    if (current !== undefined && now < this.#goodUntil) {
      // Ahead of its end: who calls now does not wait.
      if (now >= this.#pauseUntil) this.#renew(undefined).catch(() => (this.#pauseUntil = Date.now() + retryPauseMs))
      return current
    }
    return withSignal(this.#renew(undefined), signal)
  }

  /**
   * After a 401: a token other than the one that was refused.
   * @param refused the text of the access token.
   * @throws as the refresh does; `unauthenticated` where a new token cannot be had without a login.
   */
  replace(refused: string, signal?: AbortSignal): TokenSet | Promise<TokenSet> {
    const current = this.#current
    if (current !== undefined && current.accessToken.reveal() !== refused) return this.get(signal)
    return withSignal(this.#renew(refused), signal)
  }

  /** Forgets what is at hand; the store keeps what it has. */
  forget(): void {
    this.#current = undefined
    this.#freshUntil = 0
    this.#goodUntil = 0
  }

  /** One renewal at a time in a process, whoever asks. */
  #renew(refused: string | undefined): Promise<TokenSet> {
    this.#renewing ??= this.#refresh
      .run((tokens) => this.#isFresh(tokens), refused)
      .then((tokens) => this.#use(tokens))
      .finally(() => {
        this.#renewing = undefined
      })
    return this.#renewing
  }

  #use(tokens: TokenSet): TokenSet {
    const { expiresAt = Infinity } = tokens
    this.#current = tokens
    this.#goodUntil = expiresAt - skewMs
    this.#freshUntil = expiresAt - this.#early(tokens)
    return tokens
  }

  #isFresh(tokens: TokenSet): boolean {
    const { expiresAt = Infinity } = tokens
    return Date.now() < expiresAt - this.#early(tokens)
  }

  #early({ obtainedAt, expiresAt }: TokenSet): number {
    if (expiresAt === undefined) return 0
    const life = Math.max(0, expiresAt - obtainedAt)
    // Of a token that lives for seconds at most a half goes.
    return Math.min(life / 2, this.#earlyMs ?? Math.min(60_000, Math.max(5_000, life / 10)))
  }
}

const retryPauseMs = 5_000
/** For the way to the server, and clocks that are not quite right. */
const skewMs = 1_000

/** A caller that gives up leaves the renewal to the others. */
function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = (): void =>
      reject(
        ConnectorError.is(signal.reason)
          ? signal.reason
          : new ConnectorError({
              code: 'cancelled',
              applied: 'no',
              message: 'The wait for a token was cancelled.',
              cause: signal.reason,
            }),
      )
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
