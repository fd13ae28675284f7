import type { CallContext } from '@casare/core'

/** A request about to be sent; an authorizer changes `path` (which carries the query) and `headers` in place. */
export interface OutgoingRequest {
  readonly method: string
  readonly origin: string
  path: string
  /** Lower-case names. */
  readonly headers: Record<string, string>
  /** What is sent, for signatures; `bytes` is `undefined` where it is streamed. `undefined` for no body. */
  readonly body?: { readonly bytes: string | Uint8Array | undefined } | undefined
}

/** What of a call's context the client uses; core's `CallContext` is one. */
export type HttpContext = Pick<CallContext, 'signal' | 'effect' | 'redactor' | 'fileRoots' | 'note'>

/**
 * Puts credentials on requests. Called for each request to the connection's own origins, never for another origin that a
 * redirect leads to. Registers what it sends with the redactor.
 */
export interface Authorizer {
  apply(request: OutgoingRequest, context: HttpContext): Promise<void> | void
  /**
   * After a 401. Resolve to `true` where the credentials are new: the request is then sent once more.
   * @param refused the request as it was sent, with its credentials.
   */
  onUnauthorized?(context: HttpContext, refused: OutgoingRequest): Promise<boolean>
}
