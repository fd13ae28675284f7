import type { Body, EgressGuard, ErrorFacts, PoolConfig, TlsConfig, Redactor } from '@casare/core'
import type { Authorizer } from './auth/authorizer.ts'

/** What a query parameter can be; `undefined` and `null` leave it out, a list repeats it. */
export type QueryValue = string | number | boolean | bigint | null | undefined | readonly (string | number | boolean)[]

/** How the body of the answer is wanted. */
export interface BodyKinds {
  /** Parsed JSON; `undefined` where the answer has no body. */
  json: unknown
  /** Decoded by the charset of the content type, UTF-8 by default. */
  text: string
  bytes: Buffer
  /** Decompressed bytes as they arrive, with back-pressure. Leaving the loop early ends the connection. */
  stream: AsyncIterable<Uint8Array>
  /** Read to its end and dropped. */
  none: undefined
}

/** One request. */
export interface HttpRequest<Kind extends keyof BodyKinds = keyof BodyKinds> {
  /** Default GET. */
  readonly method?: string | undefined
  /** Path below `baseUrl`; `{name}` is filled from `values`. May carry a query. */
  readonly path?: string | undefined
  /** Values of the path's `{name}` parts; each is one segment, percent-encoded. */
  readonly values?: Readonly<Record<string, string | number | bigint>> | undefined
  /** An absolute URL instead of `path`, on the origin of `baseUrl` or one of `allowOrigins`. */
  readonly url?: string | undefined
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** A JSON body. Only one of `json`, `form` and `body`. */
  readonly json?: unknown
  /** A body of `application/x-www-form-urlencoded`. */
  readonly form?: Readonly<Record<string, QueryValue>> | undefined
  /** Any other body; its content type goes into `headers`, `application/octet-stream` by default. */
  readonly body?: Body | undefined
  readonly expect: Kind
  /** Statuses that are not errors. Default: 200 to 299. */
  readonly okStatuses?: readonly number[] | undefined
  /** The most bytes of the answer, decompressed. Default: `limits.maxBodyBytes`; for `stream` none. */
  readonly maxBytes?: number | undefined
}

/** One answer. */
export interface HttpResponse<Kind extends keyof BodyKinds = keyof BodyKinds> {
  readonly status: number
  /** Lower-case names; repeated fields as a list. */
  readonly headers: HttpHeaders
  /** Where the answer came from, redirects considered; without the query. */
  readonly url: string
  readonly body: BodyKinds[Kind]
}

/** Header fields of an answer. */
export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>

/** An answer that is an error, for a vendor's own reading of it. */
export interface ErrorAnswer {
  readonly status: number
  readonly headers: HttpHeaders
  /** Parsed where it is JSON, else the first part of the text; `undefined` where there is none. */
  readonly body: unknown
}

/** What a vendor's reading may state; the rest comes from the status table. */
export type ErrorReading = {
  readonly [Key in Exclude<keyof ErrorFacts, 'cause' | 'status'>]?: ErrorFacts[Key] | undefined
}

/** Sizes in bytes. */
export interface HttpLimits {
  /** All header fields of an answer, 1,024 to 1,048,576. Default 65,536. */
  readonly maxHeaderBytes?: number | undefined
  /** A body that is read into memory, as received and decompressed, 1 to 2^31-1. Default 67,108,864 (64 MiB). */
  readonly maxBodyBytes?: number | undefined
}

/** Time limits in milliseconds. */
export interface HttpTimeouts {
  /** To establish a connection, TLS included. Default 10,000. */
  readonly connectMs?: number | undefined
  /** For the header of the answer, then between two chunks of its body. Default 60,000. */
  readonly readMs?: number | undefined
  /** Until a chunk of a streamed request body is accepted. Default 60,000. */
  readonly writeMs?: number | undefined
}

/** Settings of a client. */
export interface HttpClientOptions {
  /** Where the API lives, with the path that all requests share. Without user or password. */
  readonly baseUrl: string
  /** Sent with every request to `baseUrl`'s origin and to `allowOrigins`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly authorizer?: Authorizer | undefined
  readonly tls?: TlsConfig | undefined
  /** `max` connections per origin (default 100), `idleMs` (default 4,000), `maxLifetimeMs`, `acquireMs`. */
  readonly pool?: PoolConfig | undefined
  readonly timeouts?: HttpTimeouts | undefined
  readonly limits?: HttpLimits | undefined
  /** Further origins that may be called with our credentials: `https://api.example.com`. */
  readonly allowOrigins?: readonly string[] | undefined
  /** The most redirects followed, 0 to 20; 0 makes each an error. Default 5. */
  readonly maxRedirects?: number | undefined
  /** Where connections may lead to. Without it the address is the program's own; a redirect to strangers is looked at anyway. */
  readonly egress?: EgressGuard | undefined
  /** A vendor's reading of its error answers. */
  readonly readError?: ((answer: ErrorAnswer) => ErrorReading | undefined) | undefined
  readonly redactor: Redactor
  /** Told of plaintext connections; see the `event` of core's `OpenContext`. */
  readonly event?: ((name: string, detail: Readonly<Record<string, unknown>>) => void) | undefined
}
