import { ConnectorError, factsOf } from '@casare/core'
import { numberIn, textIn, type VaultAnswer } from '../http/send.ts'
import { isRefusal, renewalTimer, type RenewalTimer } from '../leases/renewal-timer.ts'
import { race } from './race.ts'
import type { TokenSource } from './token-source.ts'

/** The requests of a login, without the connection's own token. */
export interface AppRoleCalls {
  login(): Promise<VaultAnswer>
  renew(token: string): Promise<VaultAnswer>
  event(name: string, detail: Readonly<Record<string, unknown>>): void
}

interface Grant {
  readonly token: string
  readonly renewable: boolean
  /** Of the login; renewals that give far less say that the token's longest life is nearly over. */
  readonly firstSeconds: number
  /** `performance.now()` at which a new login is due; Infinity while renewals do. */
  replaceAt: number
}

/**
 * Logs in with AppRole, once for all callers that wait; renews the token at two thirds of its life, and logs in again where
 * that is refused or not possible (https://developer.hashicorp.com/vault/docs/auth/approle).
 */
export class AppRole implements TokenSource {
  readonly #calls: AppRoleCalls
  readonly #timer: RenewalTimer
  #grant: Grant | undefined
  #login: Promise<string> | undefined
  #stopped = false

  constructor(calls: AppRoleCalls) {
    this.#calls = calls
    this.#timer = renewalTimer(() => this.#renew())
  }

  get own(): string | undefined {
    return this.#grant?.token
  }

  async current(signal: AbortSignal): Promise<string> {
    const grant = this.#grant
    if (grant !== undefined && performance.now() < grant.replaceAt) return grant.token
    this.#login ??= this.#logIn().finally(() => (this.#login = undefined))
    return race(this.#login, signal)
  }

  /** The first caller that was refused throws the token away; those that come later find a new one. */
  replaced(token: string, signal: AbortSignal): Promise<string> {
    if (this.#grant?.token === token) this.#forget()
    return this.current(signal)
  }

  stop(): void {
    this.#stopped = true
    this.#timer.stop()
  }

  async #logIn(): Promise<string> {
    let answer: VaultAnswer
    try {
      answer = await this.#calls.login()
    } catch (error) {
      throw ofLogin(error)
    }
    const { auth = {} } = answer
    const token = textIn(auth, 'client_token')
    if (token === '')
      throw new ConnectorError({ code: 'internal', applied: 'no', message: 'The login was answered without a token.' })
    const seconds = numberIn(auth, 'lease_duration')
    this.#grant = { token, renewable: auth['renewable'] === true, firstSeconds: seconds, replaceAt: Infinity }
    this.#schedule(this.#grant, seconds)
    return token
  }

  /** 0 seconds: it does not end. */
  #schedule(grant: Grant, seconds: number): void {
    this.#timer.stop()
    if (seconds <= 0 || this.#stopped) return
    if (grant.renewable && seconds * 3 > grant.firstSeconds) this.#timer.start(seconds)
    else grant.replaceAt = performance.now() + (seconds * 2_000) / 3
  }

  async #renew(): Promise<number | undefined> {
    const grant = this.#grant
    if (grant === undefined) return undefined
    try {
      const { auth = {} } = await this.#calls.renew(grant.token)
      // Forgotten while its renewal was under way.
      if (this.#grant === grant) this.#schedule(grant, numberIn(auth, 'lease_duration'))
      return undefined
    } catch (error) {
      const refused = isRefusal(error)
      this.#calls.event('token_renewal_failed', { refused, reason: (error as Error).message })
      if (!refused) throw error
      if (this.#grant === grant) this.#forget()
      return undefined
    }
  }

  #forget(): void {
    this.#grant = undefined
    this.#timer.stop()
  }
}

/** Whatever became of the login, the call that needed it was not sent. */
function ofLogin(error: unknown): unknown {
  if (!ConnectorError.is(error)) return error
  const { code } = error
  // Where the method is not mounted, Vault wants a token.
  const hint = code === 'permission_denied' || code === 'not_found' ? ' Check auth.mount and namespace.' : ''
  return new ConnectorError({
    ...factsOf(error),
    code: code === 'permission_denied' ? 'unauthenticated' : code,
    applied: 'no',
    message: `Login with AppRole: ${error.message}${hint}`,
  })
}
