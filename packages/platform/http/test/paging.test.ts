import { afterEach, describe, expect, test } from '@jest/globals'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { jsonPath, linkTarget, readPages, type PageCursor, type PagingStyle } from '../src/index.ts'
import { PageGuard } from '../src/paging/page-guard.ts'
import { clientFor, closeAll, contextWith, failureOf, serve } from './support/servers.ts'

afterEach(closeAll)

const all = Array.from({ length: 7 }, (_, id) => ({ id }))

/** One list of seven records, served in every style. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '', `http://${request.headers.host}`)
  const query = url.searchParams
  const size = Number(query.get('size') ?? 3)
  const start = query.has('page')
    ? (Number(query.get('page')) - 1) * size
    : Number(query.get('offset') ?? query.get('cursor') ?? query.get('from') ?? 0)
  const end = start + size
  const more = end < all.length
  if (more) response.setHeader('link', `<${url.origin}/x>; rel="prev", </list?from=${end}>; rel="last next"`)
  response.end(
    JSON.stringify({
      data: { items: all.slice(start, end) },
      next: more ? String(end) : null,
      nextUrl: more ? `?from=${end}` : '',
      total: all.length,
      pages: 3,
    }),
  )
}

const styles: PagingStyle[] = [
  { style: 'page' },
  { style: 'page', sizeParameter: 'size' },
  { style: 'page', lastPagePath: 'pages' },
  { style: 'offset' },
  { style: 'offset', totalPath: '/total' },
  { style: 'cursor', cursorPath: '$.next' },
  { style: 'link' },
  { style: 'next_url', urlPath: 'nextUrl' },
]

async function read(origin: string, paging: PagingStyle, cursor?: PageCursor, pageSize = 3) {
  const pages = []
  const options = { paging, recordsPath: 'data.items', cursor, pageSize }
  for await (const page of readPages(clientFor(origin), { path: '/list' }, options, contextWith({ effect: 'read' })))
    pages.push(page)
  return pages
}

describe('readPages', () => {
  test.each(styles)('%j reads all, and goes on from every cursor', async (paging) => {
    const origin = await serve(answer)
    const pages = await read(origin, paging)
    expect(pages.flatMap(({ records }) => records)).toEqual(all)
    expect(pages.map(({ last }) => last)).toEqual([...pages.slice(1).map(() => false), true])
    for (const [index, page] of pages.entries()) {
      const stored = JSON.parse(JSON.stringify(page.cursor)) as PageCursor
      const rest = await read(origin, paging, stored)
      expect(rest.flatMap(({ records }) => records)).toEqual(pages.slice(index + 1).flatMap(({ records }) => records))
    }
  })

  test('a page number keeps the size it counts in', async () => {
    const origin = await serve(answer)
    const paging: PagingStyle = { style: 'page', sizeParameter: 'size' }
    const [first] = await read(origin, paging, undefined, 2)
    const rest = await read(origin, paging, first?.cursor, 5)
    expect(rest.flatMap(({ records }) => records)).toEqual(all.slice(2))
  })

  test.each([
    ['a cursor that stays', { style: 'cursor', cursorPath: 'next' }, (n: number) => ({ items: [n], next: 'c' })],
    [
      'cursors in a circle',
      { style: 'cursor', cursorPath: 'next' },
      (n: number) => ({ items: [n], next: `c${n % 5}` }),
    ],
    ['a link to itself', { style: 'next_url', urlPath: 'next' }, (n: number) => ({ items: [n], next: '/list?a=1' })],
    ['pages that ignore their number', { style: 'page' }, () => ({ items: [1, 2] })],
    ['an offset that is ignored', { style: 'offset' }, () => ({ items: [1, 2] })],
  ] as const)('%s is one error, not an endless read', async (_what, paging, body) => {
    let count = 0
    const origin = await serve((_request, response) => response.end(JSON.stringify(body(count++))))
    const reading = (async () => {
      const options = { paging, recordsPath: 'items' }
      for await (const _page of readPages(clientFor(origin), { path: '/list' }, options, contextWith()));
    })()
    const error = await failureOf(reading)
    expect([error.code, error.transient, error.message.includes('came twice'), count < 10]).toEqual([
      'internal',
      false,
      true,
      true,
    ])
  })

  test('a cycle longer than what is remembered is found too', () => {
    const guard = new PageGuard('GET /list')
    const cycle = 10_500
    let count = 0
    expect(() => {
      for (; count < 100_000; count += 1) guard.visit(String(count % cycle))
    }).toThrow('came twice')
    expect(count).toBeGreaterThan(cycle)
  })

  test('a next link to another origin is refused, and followed where allowed', async () => {
    let strangers = 0
    const other = await serve((_request, response) => {
      strangers += 1
      response.end('{"items":[2]}')
    })
    const origin = await serve((_request, response) => response.end(JSON.stringify({ items: [1], next: `${other}/x` })))
    const options = { paging: { style: 'next_url', urlPath: 'next' } as const, recordsPath: 'items' }
    const refused = await failureOf(readPages(clientFor(origin), { path: '/' }, options, contextWith()).next())
    expect([refused.code, refused.message.includes('allowOrigins'), strangers]).toEqual(['invalid_input', true, 0])
    const records = []
    const allowed = clientFor(origin, { allowOrigins: [other] })
    for await (const page of readPages(allowed, { path: '/' }, options, contextWith())) records.push(...page.records)
    expect(records).toEqual([1, 2])
  })

  test('no list where the records should be', async () => {
    const origin = await serve((_request, response) => response.end('{"items":{}}'))
    const options = { paging: { style: 'none' } as const, recordsPath: 'items' }
    const error = await failureOf(readPages(clientFor(origin), { path: '/' }, options, contextWith()).next())
    expect([error.code, error.message.includes('no list at "items"')]).toEqual(['internal', true])
  })
})

describe('jsonPath', () => {
  const value = { a: { 'b c': [{ d: 1 }] }, 'x/y': { '~': 2 }, '': 3 }
  test.each([
    ['', value],
    ['$', value],
    ['a', value.a],
    ["$.a['b c'][0].d", 1],
    ['a["b c"][0]["d"]', 1],
    ['/a/b c/0/d', 1],
    ['/x~1y/~0', 2],
    ['/', 3],
    ['a.missing.d', undefined],
    ['constructor', undefined],
    ['__proto__', undefined],
  ])('%s', (path, expected) => {
    expect(jsonPath(path)(value)).toEqual(expected)
  })

  test.each(['a..b', '$[', "a['b", '$a$b', 'a[b]', 'a[0]b'])('%s is refused', (path) => {
    expect(() => jsonPath(path)).toThrow('is not understood')
  })
})

test.each([
  ['<https://a/b?x=1,2;3>; rel="next"', 'https://a/b?x=1,2;3'],
  ['</p>; title="a, <b>; rel=next"; rel=prev, </n>; rel=next', '/n'],
  ['<a>; rel="start", <b>; REL="Prev Next"', 'b'],
  ['<a>; rel="prev"', undefined],
  ['nonsense', undefined],
  [undefined, undefined],
])('the next link of %s', (header, expected) => {
  expect(linkTarget(header, 'next')).toBe(expected)
})
