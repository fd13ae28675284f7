import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

/** How the example's clients prove who they are. */
export interface Access {
  /** Answers a request that is about access and not about data. @returns whether it was one. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  /** May this request see data? What is wrong, where it may not. */
  refusal(request: IncomingMessage): string | undefined
}

/** The client that the example knows. */
export const clientId = 'airports-and-flights'

/** A key in the header `x-api-key`. */
export function byApiKey(key: string): Access {
  return {
    answer: () => false,
    refusal: ({ headers }) => (headers['x-api-key'] === key ? undefined : 'The API key is missing or wrong.'),
  }
}

const maxBodyBytes = 10_000

/**
 * Client credentials (RFC 6749, 4.4) at `POST /oauth/token`, for tokens that live for a few seconds only.
 * @param options.tokenSeconds how long a token is good.
 */
export function byClientCredentials(options: { readonly secret: string; readonly tokenSeconds: number }): Access {
  const expected = Buffer.from(`Basic ${Buffer.from(`${clientId}:${options.secret}`).toString('base64')}`)
  const tokens = new Map<string, number>()
  const give = (request: IncomingMessage, response: ServerResponse, body: string): void => {
    const given = Buffer.from(decoded(request.headers.authorization ?? ''))
    const known = given.length === expected.length && timingSafeEqual(given, expected)
    if (!known) return send(response, 401, { error: 'invalid_client' })
    if (new URLSearchParams(body).get('grant_type') !== 'client_credentials')
      return send(response, 400, { error: 'unsupported_grant_type' })
    const token = randomBytes(24).toString('base64url')
    for (const [old, until] of tokens) if (until < Date.now()) tokens.delete(old)
    tokens.set(token, Date.now() + options.tokenSeconds * 1_000)
    send(response, 200, { access_token: token, token_type: 'Bearer', expires_in: options.tokenSeconds })
  }
  return {
    answer(request, response) {
      if (request.url !== '/oauth/token') return false
      if (request.method !== 'POST') {
        send(response, 405, { error: 'invalid_request' })
        return true
      }
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
        if (body.length > maxBodyBytes) request.destroy()
      })
      request.on('end', () => give(request, response, body))
      return true
    },
    refusal({ headers }) {
      const until = tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''))
      if (until === undefined) return 'The access token is missing or wrong.'
      return until < Date.now() ? 'The access token has expired.' : undefined
    },
  }
}

/** The two parts of a Basic header are form-encoded for a token endpoint (RFC 6749, 2.3.1). */
function decoded(authorization: string): string {
  const [, text = ''] = /^Basic (.+)$/.exec(authorization) ?? []
  const parts = Buffer.from(text, 'base64').toString().split(':')
  try {
    const plain = parts.map((part) => decodeURIComponent(part.replaceAll('+', ' '))).join(':')
    return `Basic ${Buffer.from(plain).toString('base64')}`
  } catch {
    return ''
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}
