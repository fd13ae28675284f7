import { createHash, createHmac } from 'node:crypto'
import { invalidInput, type Secret } from '@casare/core'
import type { Authorizer } from '@casare/http'

/** What of a request an HMAC is made of. */
export interface SignedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly host: string
  /** Milliseconds since 1970. */
  readonly timestamp: number
  /** Empty where there is no body. */
  readonly body: string | Uint8Array
  /** SHA-256 of the body, in hexadecimal digits. */
  readonly bodyHash: string
  readonly headers: Readonly<Record<string, string>>
}

/** How a vendor wants its HMAC (RFC 2104). */
export interface HmacOptions {
  readonly key: Secret
  /** Default `sha256`. */
  readonly algorithm?: 'sha256' | 'sha384' | 'sha512' | undefined
  /** Default `hex`. */
  readonly encoding?: 'hex' | 'base64' | 'base64url' | undefined
  /** What is signed. Default: method, path, timestamp in seconds and the hash of the body, each on a line. */
  readonly content?: ((request: SignedRequest) => string | Uint8Array) | undefined
  /** The header fields that carry it. Default: `x-timestamp` in seconds and `x-signature`. */
  readonly headers?: ((signature: string, request: SignedRequest) => Readonly<Record<string, string>>) | undefined
}

/**
 * Signs each request with a shared key, in the form that a vendor wants: there is no standard one.
 * @throws `invalid_input` from a call whose body is a stream.
 */
export function hmacAuthorizer(options: HmacOptions): Authorizer {
  const { key, algorithm = 'sha256', encoding = 'hex', content = usualContent, headers = usualHeaders } = options
  return {
    apply(request, { redactor }) {
      const { method, path, origin, body } = request
      if (body !== undefined && body.bytes === undefined)
        throw invalidInput('A body that is a stream cannot be signed. Pass bytes or a text.')
      const bytes = body?.bytes ?? ''
      const signed: SignedRequest = {
        method,
        path,
        host: new URL(origin).host,
        timestamp: Date.now(),
        body: bytes,
        bodyHash: createHash('sha256').update(bytes).digest('hex'),
        headers: request.headers,
      }
      redactor.add(key)
      const signature = createHmac(algorithm, key.reveal()).update(content(signed)).digest(encoding)
      for (const [name, value] of Object.entries(headers(signature, signed))) {
        if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[\r\n\0]/.test(value))
          throw invalidInput(`The signature's header field "${name}" is none.`)
        request.headers[name.toLowerCase()] = value
      }
    },
  }
}

function usualContent({ method, path, timestamp, bodyHash }: SignedRequest): string {
  return `${method}\n${path}\n${Math.floor(timestamp / 1000)}\n${bodyHash}`
}

function usualHeaders(signature: string, { timestamp }: SignedRequest): Record<string, string> {
  return { 'x-timestamp': String(Math.floor(timestamp / 1000)), 'x-signature': signature }
}
