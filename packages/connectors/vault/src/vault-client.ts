import { ConnectorError } from '@casare/core'
import type { HttpClient, HttpContext } from '@casare/http'
import type { TokenSource } from './auth/token-source.ts'
import type { Identity, VaultAnswer, VaultRequest } from './http/send.ts'
import { LeaseKeeper, type KeptLease } from './leases/lease-keeper.ts'

/** How long giving back may take when a connection closes. */
const closeMs = 5_000

/** The key/value engine of a call. */
export interface KeyValueEngine {
  readonly mount: string
  readonly version: 1 | 2
}

/** What a client is made of. */
export interface VaultParts {
  readonly http: HttpClient
  readonly tokens: TokenSource
  readonly kv: KeyValueEngine
  /** Aborted when all is over. */
  readonly ended: AbortController
  event(name: string, detail: Readonly<Record<string, unknown>>): void
  background(signal?: AbortSignal): HttpContext
  send(request: VaultRequest, identity: Identity, context: HttpContext): Promise<VaultAnswer>
}

/** What the operations work with: requests as whoever the connection is, and the leases that it has taken. */
export class VaultClient {
  readonly #parts: VaultParts
  /** One that Vault has just given may not look itself up: then a refused look-up proves nothing. */
  #lookUpForbidden = false
  readonly leases: LeaseKeeper
  readonly kv: KeyValueEngine

  constructor(parts: VaultParts) {
    this.#parts = parts
    this.kv = parts.kv
    this.leases = new LeaseKeeper({
      renew: async (id) => (await this.#renewLease(id)).lease.seconds,
      event: (name, detail) => parts.event(name, detail),
    })
  }

  /** Sends a request with the connection's token; once more where that token is over and another is to be had. */
  async request(request: VaultRequest, context: HttpContext): Promise<VaultAnswer> {
    return (await this.#request(request, context)).answer
  }

  /** A request whose answer is a lease: renewed from now on, revoked on close. */
  async borrow(request: VaultRequest, context: HttpContext): Promise<VaultAnswer> {
    const { answer, token } = await this.#request(request, context)
    const { id, seconds, renewable } = answer.lease
    this.leases.keep(id, token, seconds, renewable)
    return answer
  }

  /** A request that needs no token, to the root namespace. */
  open(request: VaultRequest, context: HttpContext): Promise<VaultAnswer> {
    return this.#parts.send(request, { namespace: undefined }, context)
  }

  async #request(request: VaultRequest, context: HttpContext): Promise<{ answer: VaultAnswer; token: string }> {
    const { tokens } = this.#parts
    const token = await tokens.current(context.signal)
    try {
      return { answer: await this.#parts.send(request, { token }, context), token }
    } catch (error) {
      const verdict = await this.#verdict(error, token, context)
      if (!isInvalidToken(verdict)) throw verdict
      const other = await tokens.replaced(token, context.signal)
      if (other === undefined) throw verdict
      return { answer: await this.#again(request, other, error, context), token: other }
    }
  }

  async #again(request: VaultRequest, token: string, first: unknown, context: HttpContext): Promise<VaultAnswer> {
    try {
      return await this.#parts.send(request, { token }, context)
    } catch (error) {
      const verdict = await this.#verdict(error, token, context)
      if (!isInvalidToken(verdict) || isInvalidToken(error)) throw verdict
      this.#lookUpForbidden = true
      throw isInvalidToken(first) ? error : first
    }
  }

  /**
   * A refusal says "invalid token" where Vault is new enough. Older releases say "permission denied" of a wrong token and of
   * missing rights alike: a token that may not even look itself up, as the policy `default` allows, is taken for wrong.
   */
  async #verdict(error: unknown, token: string, context: HttpContext): Promise<unknown> {
    if (!isPermissionDenied(error) || this.#lookUpForbidden) return error
    try {
      await this.#parts.send({ path: '/v1/auth/token/lookup-self' }, { token }, context)
      return error
    } catch (refusal) {
      if (!isPermissionDenied(refusal) && !isInvalidToken(refusal)) return error
      const message = `${error.message} The token may not look itself up either: it is wrong, revoked or over.`
      return ConnectorError.with(
        error,
        { retryable: false },
        { code: 'unauthenticated', vendorCode: invalidToken, message },
      )
    }
  }

  async #renewLease(id: string): Promise<VaultAnswer> {
    const json = { lease_id: id }
    return this.request({ method: 'POST', path: '/v1/sys/leases/renew', json }, this.#parts.background())
  }

  /** Revokes what this connection has borrowed, and its own token; what fails is told as an event. */
  async close(): Promise<void> {
    const { tokens, http, ended, background } = this.#parts
    tokens.stop()
    const leases = this.leases.release()
    try {
      const context = background(AbortSignal.any([AbortSignal.timeout(closeMs), ended.signal]))
      await this.#giveBack(leases, context)
    } finally {
      ended.abort(new ConnectorError({ code: 'cancelled', message: 'The connection was closed.' }))
      await http.close()
    }
  }

  async #giveBack(leases: readonly KeptLease[], context: HttpContext): Promise<void> {
    const own = this.#parts.tokens.own
    // A token takes along what was borrowed with it.
    const ending = leases.filter(({ token }) => token === own)
    await this.#revoke(
      leases.filter(({ token }) => token !== own),
      context,
    )
    if (own === undefined) return
    try {
      await this.#parts.send({ method: 'POST', path: '/v1/auth/token/revoke-self', json: {} }, { token: own }, context)
    } catch (error) {
      // Over already, and its leases with it.
      if (isInvalidToken(error)) return
      this.#parts.event('token_not_revoked', { reason: (error as Error).message })
      await this.#revoke(ending, context)
    }
  }

  async #revoke(leases: readonly KeptLease[], context: HttpContext): Promise<void> {
    const revoke = async ({ id: leaseId }: KeptLease): Promise<void> => {
      try {
        await this.request({ method: 'POST', path: '/v1/sys/leases/revoke', json: { lease_id: leaseId } }, context)
      } catch (error) {
        this.#parts.event('lease_not_revoked', { leaseId, reason: (error as Error).message })
      }
    }
    await Promise.all(leases.map(revoke))
  }
}

const invalidToken = 'invalid_token'

function isPermissionDenied(error: unknown): error is ConnectorError {
  return ConnectorError.is(error, 'permission_denied') && error.status === 403
}

function isInvalidToken(error: unknown): boolean {
  return ConnectorError.is(error, 'unauthenticated') && error.vendorCode === invalidToken
}
