import type { CallContext, OpenContext } from '@casare/core'
import { createHttpClient, type HttpClient } from '@casare/http'
import { authorizerFor } from './authorizer-for.ts'
import type { ParsedConfig } from './config.ts'

/** What the operations work with. */
export interface RestClient {
  readonly http: HttpClient
  readonly idempotencyHeader: string
  readonly checkPath: string | undefined
  /** Ends what the authorizer owns. */
  readonly closeAuthorizer: (() => Promise<void>) | undefined
}

/** Makes the client; nothing is sent before the first call. */
export async function open(config: ParsedConfig, context: OpenContext): Promise<RestClient> {
  const { tls, pool, timeouts, egress, redactor } = context
  const { baseUrl, auth, headers, allowOrigins, maxRedirects, maxHeaderBytes, maxBodyBytes } = config
  const authorizer = await authorizerFor(auth, context)
  const http = createHttpClient({
    baseUrl,
    authorizer,
    headers: { accept: 'application/json, */*;q=0.5', ...headers },
    tls,
    pool,
    timeouts,
    limits: { maxHeaderBytes, maxBodyBytes },
    allowOrigins,
    maxRedirects,
    egress,
    redactor,
    event: (name, detail) => context.event(name, detail),
  })
  return {
    http,
    idempotencyHeader: config.idempotencyHeader,
    checkPath: config.checkPath,
    closeAuthorizer: authorizer?.close,
  }
}

/** Ends all connections. */
export async function close(client: RestClient): Promise<void> {
  await Promise.all([client.http.close(), client.closeAuthorizer?.()])
}

/** Statuses that prove that the API is there and did not refuse us, where no path to check is set. */
const answersOfAnApi = [200, 201, 202, 204, 304, 400, 404, 405, 406, 410, 415, 422]

/** Sends one GET: to `checkPath`, which must succeed, or to the base, where any answer but a refusal will do. */
export async function check(client: RestClient, context: CallContext): Promise<void> {
  const { checkPath } = client
  await client.http.request(
    checkPath === undefined
      ? { path: '', expect: 'none', okStatuses: answersOfAnApi }
      : { path: checkPath, expect: 'none' },
    context,
  )
}
