import { afterEach, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { closeAll, connectTo, failureOf, serve } from './serve.ts'

afterEach(closeAll)

const all = Array.from({ length: 10 }, (_, id) => ({ id, meta: { version: `v${id}` } }))
const paging = { style: 'cursor', cursorPath: 'next', sizeParameter: 'limit' } as const

/** Ten records by cursor; requests for which `fails` says so are reset in mid-body. */
async function list(fails: (request: number) => boolean = () => false) {
  let requests = 0
  const origin = await serve((request, response) => {
    requests += 1
    const query = new URL(request.url ?? '', 'http://x').searchParams
    const start = Number(query.get('cursor') ?? 0)
    const end = start + Number(query.get('limit') ?? 4)
    const body = JSON.stringify({ data: all.slice(start, end), next: end < all.length ? String(end) : null })
    if (!fails(requests)) return void response.end(body)
    response.writeHead(200, { 'content-length': body.length })
    response.write(body.slice(0, 20), () => response.socket?.resetAndDestroy())
  })
  return { origin, requests: () => requests }
}

const input = { path: '/list', recordsPath: 'data', paging, idField: 'id' }

describe('records', () => {
  test('reads all, page by page, through broken answers', async () => {
    const { origin, requests } = await list((request) => request % 2 === 1)
    const records = []
    for await (const record of connectTo(origin).records.read(input)) records.push(record)
    expect([records, requests()]).toEqual([all, 6])
  })

  test('goes on from every cursor, in a connection of its own', async () => {
    const { origin } = await list()
    const pages = []
    for await (const page of connectTo(origin).records.read(input).pages()) pages.push(page)
    expect(pages.map(({ records }) => records.length)).toEqual([4, 4, 2])
    for (const [index, { cursor }] of pages.entries()) {
      const rest = []
      for await (const record of connectTo(origin).records.read(input, { cursor })) rest.push(record)
      expect(rest).toEqual(pages.slice(index + 1).flatMap(({ records }) => records))
    }
  })

  test('asks for the page size wanted; that of the input wins', async () => {
    const { origin, requests } = await list()
    const api = connectTo(origin)
    for await (const _record of api.records.read(input, { pageSize: 5 }));
    expect(requests()).toBe(2)
    for await (const _record of api.records.read({ ...input, pageSize: 10 }, { pageSize: 5 }));
    expect(requests()).toBe(3)
  })

  test('the JSON side reads the same in stateless pages', async () => {
    const { origin } = await list()
    const api = connectTo(origin)
    const records: unknown[] = []
    let cursor: unknown
    for (let done = false; !done;) {
      const page = await api.$.read('records', input, { cursor, maxRecords: 3 })
      records.push(...page.records)
      cursor = JSON.parse(JSON.stringify(page.cursor))
      done = page.done
    }
    expect(records).toEqual(all)
  })

  test('identifies by a field, by a path, or by the whole record', async () => {
    const { origin } = await list()
    const facet = (await import('../src/index.ts')).rest.spec.streams?.records.read
    const { identify } = facet as { identify: (record: object, input: object) => { id: string; version?: string } }
    expect(identify({ id: 7 }, { idField: 'id' })).toEqual({ id: '7' })
    expect(identify(all[3] as object, { idField: 'id', versionField: 'meta.version' })).toEqual({
      id: '3',
      version: 'v3',
    })
    const hash = createHash('sha256').update('{"a":1}').digest('base64url')
    expect(identify({ a: 1 }, {})).toEqual({ id: hash })
    expect(() => identify({ a: 1 }, { idField: 'id' })).toThrow('idField')
    expect(origin).toContain('127.0.0.1')
  })

  test('a list of something else than records is one clear error', async () => {
    const origin = await serve((_request, response) => response.end('[1,2]'))
    const error = await failureOf(connectTo(origin).records.read({ path: '/' }).pages().next())
    expect([error.code, error.message.includes('recordsPath')]).toEqual(['internal', true])
  })

  test('HTML instead of a page is one clear error, tried once', async () => {
    let requests = 0
    const origin = await serve((_request, response) => {
      requests += 1
      response.setHeader('content-type', 'text/html')
      response.end('<html><title>Sign in</title>')
    })
    const error = await failureOf(connectTo(origin).records.read(input).pages().next())
    expect([error.message.includes('HTML page titled "Sign in"'), requests]).toEqual([true, 1])
  })

  test('an endless page loop ends with one error', async () => {
    let requests = 0
    const origin = await serve((_request, response) => {
      requests += 1
      response.end('{"data":[{"id":1}],"next":"same"}')
    })
    const error = await failureOf(
      (async () => {
        for await (const _record of connectTo(origin).records.read(input));
      })(),
    )
    expect([error.message.includes('came twice'), requests]).toEqual([true, 2])
  })
})
