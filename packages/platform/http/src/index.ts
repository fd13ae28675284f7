export { createHttpClient } from './create-http-client.ts'
export type { HttpClient } from './create-http-client.ts'
export type {
  BodyKinds,
  ErrorAnswer,
  ErrorReading,
  HttpClientOptions,
  HttpHeaders,
  HttpLimits,
  HttpRequest,
  HttpResponse,
  HttpTimeouts,
  QueryValue,
} from './http-types.ts'
export type { Authorizer, HttpContext, OutgoingRequest } from './auth/authorizer.ts'
export { createAuthorizer } from './auth/create-authorizer.ts'
export type { AuthConfig } from './auth/create-authorizer.ts'
export { jsonPath } from './json-path.ts'
export type { JsonPath } from './json-path.ts'
export { linkTarget } from './paging/link-header.ts'
export { readPages } from './paging/read-pages.ts'
export type { ReadPagesOptions, RecordPage } from './paging/read-pages.ts'
export type { PageCursor, PagingStyle } from './paging/paging-style.ts'
