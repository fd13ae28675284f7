import { invalidInput } from '@casare/core'
import type { HttpHeaders, HttpRequest, QueryValue } from '../http-types.ts'
import { jsonPath } from '../json-path.ts'
import { linkTarget } from './link-header.ts'
import type { PageCursor, PagingStyle } from './paging-style.ts'

/** What a page told, for finding the next one. */
export interface PageAnswer {
  readonly headers: HttpHeaders
  readonly url: string
  readonly json: unknown
  readonly count: number
  /** The page size that was asked for. */
  readonly size: number | undefined
}

/** One style of paging: how a position is asked for, and what comes after a page. */
export interface Positions {
  readonly start: PageCursor
  /** Is a page equal to the one before it a sign that the position is ignored? */
  readonly numbered: boolean
  request(request: HttpRequest, position: PageCursor, size: number | undefined): HttpRequest
  /** `undefined` at the end. */
  after(position: PageCursor, answer: PageAnswer): PageCursor | undefined
}

/** @throws `invalid_input` for a JSON path that is none. */
export function positionsOf(paging: PagingStyle): Positions {
  const make = makers[paging.style] as (paging: PagingStyle) => Positions
  return make(paging)
}

type Style<Name extends PagingStyle['style']> = Extract<PagingStyle, { style: Name }>

const makers: { readonly [Name in PagingStyle['style']]: (paging: Style<Name>) => Positions } = {
  none: () => ({
    start: {},
    numbered: false,
    request: (request) => request,
    after: () => undefined,
  }),

  page({ pageParameter = 'page', sizeParameter, firstPage = 1, lastPagePath }) {
    const lastPage = lastPagePath === undefined ? undefined : jsonPath(lastPagePath)
    return {
      start: { page: firstPage },
      numbered: true,
      request: (request, { page, size: pinned }, size) =>
        withQuery(request, { [pageParameter]: numberOf(page, 'page') }, sizeParameter, pinned ?? size),
      after({ page = firstPage, size: pinned }, { json, count, size = pinned }) {
        const last = lastPage?.(json)
        const ended = typeof last === 'number' ? page >= last : count === 0
        if (ended) return undefined
        return sizeParameter === undefined || size === undefined
          ? { page: page + 1 }
          : { page: page + 1, size: pinned ?? size }
      },
    }
  },

  offset({ offsetParameter = 'offset', sizeParameter, totalPath }) {
    const total = totalPath === undefined ? undefined : jsonPath(totalPath)
    return {
      start: { offset: 0 },
      numbered: true,
      request: (request, { offset }, size) =>
        withQuery(request, { [offsetParameter]: numberOf(offset, 'offset') }, sizeParameter, size),
      after({ offset = 0 }, { json, count }) {
        const all = total?.(json)
        const ended = count === 0 || (typeof all === 'number' && offset + count >= all)
        return ended ? undefined : { offset: offset + count }
      },
    }
  },

  cursor({ cursorParameter = 'cursor', cursorPath, sizeParameter, morePath }) {
    const next = jsonPath(cursorPath)
    const more = morePath === undefined ? undefined : jsonPath(morePath)
    return {
      start: {},
      numbered: false,
      request: (request, { cursor }, size) => withQuery(request, { [cursorParameter]: cursor }, sizeParameter, size),
      after(_position, { json }) {
        const cursor = next(json)
        if (more?.(json) === false || cursor === undefined || cursor === null || cursor === '') return undefined
        if (typeof cursor === 'string' || typeof cursor === 'number') return { cursor }
        throw invalidInput(`paging.cursorPath leads to ${typeof cursor}, not to a text or number.`)
      },
    }
  },

  link: ({ sizeParameter }) => byUrl(sizeParameter, ({ headers }) => linkTarget(headers['link'], 'next')),

  next_url({ urlPath, sizeParameter }) {
    const next = jsonPath(urlPath)
    return byUrl(sizeParameter, ({ json }) => next(json))
  },
}

function byUrl(sizeParameter: string | undefined, next: (answer: PageAnswer) => unknown): Positions {
  return {
    start: {},
    numbered: false,
    request(request, { url }, size) {
      if (url === undefined) return withQuery(request, {}, sizeParameter, size)
      return { ...request, path: undefined, values: undefined, query: undefined, url }
    },
    after(_position, answer) {
      const url = next(answer)
      if (url === undefined || url === null || url === '' || url === false) return undefined
      if (typeof url !== 'string') throw invalidInput(`The address of the next page is ${typeof url}, not a text.`)
      return { url }
    },
  }
}

function withQuery(
  request: HttpRequest,
  position: Readonly<Record<string, QueryValue>>,
  sizeParameter: string | undefined,
  size: number | undefined,
): HttpRequest {
  const sized = sizeParameter === undefined || size === undefined ? {} : { [sizeParameter]: size }
  return { ...request, query: { ...request.query, ...sized, ...position } }
}

function numberOf(value: number | undefined, name: string): number {
  if (value === undefined) throw invalidInput(`The cursor is of another style of paging: it has no ${name}.`)
  return value
}
