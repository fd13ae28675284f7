import { createHash } from 'node:crypto'
import { ConnectorError } from '@casare/core'
import type { ReadyOptions } from './options.ts'

/** What waits for an answer. */
interface Pending {
  readonly relayState?: string | undefined
}

/** The two things that processes must know of each other, on the cache that they share. */
export interface Ledger {
  /** Notes a request that was sent. */
  sent(id: string, relayState: string | undefined): Promise<void>
  /** The request that an answer belongs to; the next answer to it finds none. */
  answered(id: string): Promise<Pending | undefined>
  /** Notes a message as used; `false` where it was used before. */
  used(issuer: string, id: string, until: number): Promise<boolean>
}

/** @throws `unavailable` from each method where the cache fails: no login without it */
export function createLedger(
  kind: 'login' | 'logout',
  { cache, entityId, requestLifetimeMs, now }: ReadyOptions,
): Ledger {
  const key = (what: string, ...parts: readonly string[]): string => {
    const digest = createHash('sha256')
      .update(JSON.stringify([entityId, ...parts]))
      .digest('hex')
    return `saml:${kind}:${what}:${digest}`
  }
  return {
    async sent(id, relayState) {
      const value = JSON.stringify({ relayState } satisfies Pending)
      await reaching(() => cache.put(key('sent', id), value, requestLifetimeMs))
    },
    async answered(id) {
      const value = await reaching(() => cache.take(key('sent', id)))
      return value === undefined ? undefined : (JSON.parse(value) as Pending)
    },
    used: (issuer, id, until) => reaching(() => cache.put(key('used', issuer, id), '1', Math.max(1, until - now()))),
  }
}

async function reaching<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    if (ConnectorError.is(error)) throw error
    const message = 'The cache of SAML logins cannot be reached; without it none is accepted.'
    throw new ConnectorError({ code: 'unavailable', applied: 'no', message, cause: error })
  }
}
