import type { CallContext } from '@casare/core'
import type { BodyKinds, HttpRequest } from '@casare/http'
import type { RestClient } from '../client.ts'

/** What an operation answers. */
export interface RestAnswer {
  status: number
  headers: Record<string, string | string[]>
  body: unknown
}

/** Sends one request; the idempotency key of the call goes along where there is one. */
export async function send(
  client: RestClient,
  request: HttpRequest<Exclude<keyof BodyKinds, 'stream'>>,
  context: CallContext,
): Promise<RestAnswer> {
  const { status, headers, body } = await client.http.request(withKey(client, request, context), context)
  return { status, headers: headers as RestAnswer['headers'], body }
}

/** The request with the idempotency key of the call. */
export function withKey<Request extends HttpRequest>(
  client: RestClient,
  request: Request,
  { idempotencyKey }: CallContext,
): Request {
  if (idempotencyKey === undefined) return request
  return { ...request, headers: { ...request.headers, [client.idempotencyHeader]: idempotencyKey } }
}
