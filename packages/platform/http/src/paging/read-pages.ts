import { ConnectorError, invalidInput } from '@casare/core'
import type { HttpContext } from '../auth/authorizer.ts'
import { decodeText, parseJson } from '../body/parse-json.ts'
import type { HttpClient } from '../create-http-client.ts'
import { Exchange } from '../exchange.ts'
import type { HttpRequest } from '../http-types.ts'
import { jsonPath } from '../json-path.ts'
import { PageGuard } from './page-guard.ts'
import type { PageCursor, PagingStyle } from './paging-style.ts'
import { positionsOf } from './positions.ts'

/** One page of records. */
export interface RecordPage {
  readonly records: readonly unknown[]
  /** Where to go on after this page. */
  readonly cursor: PageCursor
  readonly last: boolean
}

/** What to read and how. */
export interface ReadPagesOptions {
  readonly paging: PagingStyle
  /** Where in an answer its records are; `''` where the answer is the list. See `jsonPath`. */
  readonly recordsPath: string
  /** The page size wanted, for styles with a `sizeParameter`. */
  readonly pageSize?: number | undefined
  /** Default: from the beginning. */
  readonly cursor?: PageCursor | undefined
}

/**
 * Reads a list page by page, in any style; resumable from each page's cursor. Links to further pages stay on the client's
 * own origins.
 * @throws `internal` where an answer has no list at `recordsPath`, or where the pages go round in circles.
 */
export async function* readPages(
  client: HttpClient,
  request: Omit<HttpRequest, 'expect' | 'body'>,
  options: ReadPagesOptions,
  context: HttpContext,
): AsyncGenerator<RecordPage> {
  const positions = positionsOf(options.paging)
  const recordsAt = jsonPath(options.recordsPath)
  const guard = new PageGuard(`${request.method ?? 'GET'} ${request.url ?? request.path ?? client.origin}`)
  let position = options.cursor ?? positions.start
  for (;;) {
    if (position.end === true) {
      yield { records: [], cursor: position, last: true }
      return
    }
    guard.visit(JSON.stringify(position))
    const asked = positions.request({ ...request, expect: 'bytes' }, position, options.pageSize)
    const answer = await client.request({ ...asked, expect: 'bytes' }, context)
    const { headers, url, status } = answer
    const exchange = new Exchange(request.method ?? 'GET', url, '', context.effect, 'no')
    exchange.status = status
    const json = parseJson(decodeText(answer.body, headers), headers, exchange)
    const records = recordsAt(json)
    if (!Array.isArray(records)) throw noList(exchange, options.recordsPath)
    if (positions.numbered && records.length > 0) guard.page(answer.body)
    const next = positions.after(position, { headers, url, json, count: records.length, size: options.pageSize })
    if (next?.url !== undefined) assertForward(next.url)
    position = next?.url === undefined ? (next ?? { end: true }) : { url: client.resolve(next.url, url) }
    yield { records, cursor: position, last: next === undefined }
    if (next === undefined) return
  }
}

function assertForward(url: string): void {
  if (url.length > 16_384) throw invalidInput('The address of the next page is longer than 16,384 characters.')
}

function noList(exchange: Exchange, path: string): ConnectorError {
  return new ConnectorError({
    code: 'internal',
    applied: 'no',
    transient: false,
    status: exchange.status,
    message: `${exchange.subject}: the answer has no list at ${path === '' ? 'its top' : JSON.stringify(path)}. Check the path of the records.`,
  })
}
