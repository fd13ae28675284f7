import type { Authorizer } from '@casare/http'
import type { Secret } from '@casare/core'
import { dpopProof } from './oauth/dpop-proof.ts'
import type { TokenSource } from './refresh/token-source.ts'
import type { TokenSet } from './tokens/token-set.ts'

/**
 * Puts the token of a source on each request (RFC 6750). After a 401 it gets another one, once for all calls that met the same
 * refusal.
 * @param options.dpopKey the key that the tokens are bound to: each request then carries a proof of it (RFC 9449).
 */
export function tokenAuthorizer(
  source: TokenSource,
  options: { readonly dpopKey?: Secret | undefined } = {},
): Authorizer {
  let registered: TokenSet | undefined
  return {
    apply(request, { redactor, signal }) {
      const put = (tokens: TokenSet): Promise<void> | void => {
        const text = tokens.accessToken.reveal()
        if (tokens !== registered) {
          redactor.add(text)
          registered = tokens
        }
        if (tokens.tokenType !== 'dpop' || options.dpopKey === undefined) {
          request.headers['authorization'] = `Bearer ${text}`
          return undefined
        }
        return dpopProof(options.dpopKey, request, text).then((proof) => {
          request.headers['authorization'] = `DPoP ${text}`
          request.headers['dpop'] = proof
        })
      }
      const tokens = source.get(signal)
      return tokens instanceof Promise ? tokens.then(put) : put(tokens)
    },
    async onUnauthorized({ signal }, { headers }) {
      // Of this very request: another may have been sent with a newer token meanwhile.
      const refused = headers['authorization']?.replace(/^\w+ /, '')
      if (refused === undefined) return false
      const next = await source.replace(refused, signal)
      return next.accessToken.reveal() !== refused
    },
  }
}
