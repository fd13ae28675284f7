import { afterEach, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { closeAll, connectTo, failureOf, serve } from './serve.ts'

afterEach(closeAll)

const content = randomBytes(500_000)

/** A file with ranges; `cutAt` resets the first answer after so many bytes. */
async function file({ etag = '"v1"', ranges = true, cutAt = 0 } = {}) {
  const state = { etag, requests: 0, encodings: [] as unknown[] }
  const origin = await serve((request, response) => {
    state.requests += 1
    state.encodings.push(request.headers['accept-encoding'])
    const range = /^bytes=(\d+)-$/.exec(String(request.headers.range ?? ''))
    const fresh = request.headers['if-range'] === undefined || request.headers['if-range'] === state.etag
    const from = ranges && fresh && range !== null ? Number(range[1]) : 0
    const part = content.subarray(from)
    response.setHeader('etag', state.etag)
    response.setHeader('content-length', part.length)
    if (from > 0) response.writeHead(206, { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` })
    if (cutAt === 0 || state.requests > 1) return void response.end(part)
    response.write(part.subarray(0, cutAt), () => setTimeout(() => response.socket?.resetAndDestroy(), 20))
  })
  return { origin, state }
}

async function collect(body: Uint8Array | AsyncIterable<Uint8Array>, into: Uint8Array[]): Promise<void> {
  for await (const chunk of body as AsyncIterable<Uint8Array>) into.push(chunk)
}

describe('download', () => {
  test('streams the whole with its length and etag, not compressed', async () => {
    const { origin, state } = await file()
    const { body, ...facts } = await connectTo(origin).download({ path: '/f' })
    const chunks: Uint8Array[] = []
    await collect(body, chunks)
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect([facts.status, facts.offset, facts.totalBytes, facts.etag]).toEqual([200, 0, content.length, '"v1"'])
    expect(state.encodings).toEqual(['identity'])
  })

  test('goes on where it broke off', async () => {
    const { origin, state } = await file({ cutAt: 100_000 })
    const api = connectTo(origin)
    const first = await api.download({ path: '/f' })
    const chunks: Uint8Array[] = []
    const error = await failureOf(collect(first.body, chunks))
    expect(error.code).toBe('unavailable')
    const offset = Buffer.concat(chunks).length
    const second = await api.download({ path: '/f', resume: { offset, etag: first.etag as string } })
    await collect(second.body, chunks)
    expect([second.status, second.offset, second.totalBytes, state.requests]).toEqual([206, offset, content.length, 2])
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
  })

  test.each([
    ['has changed', { etag: '"v2"' }],
    ['serves no ranges', { ranges: false }],
  ])('never joins parts of two versions: the resource %s', async (_what, settings) => {
    const { origin } = await file(settings)
    const error = await failureOf(
      Promise.resolve(connectTo(origin).download({ path: '/f', resume: { offset: 10, etag: '"v1"' } })),
    )
    expect([error.code, error.message.includes('byte 10')]).toEqual(['conflict', true])
  })

  test('a weak etag is not one to resume with', async () => {
    const { origin } = await file({ etag: 'W/"v1"' })
    const { etag, body } = await connectTo(origin).download({ path: '/f' })
    await collect(body, [])
    expect(etag).toBeUndefined()
  })

  test('ends beyond maxBytes', async () => {
    const { origin } = await file()
    const { body } = await connectTo(origin).download({ path: '/f', maxBytes: 1_000 })
    expect((await failureOf(collect(body, []))).message).toContain('1000 bytes')
  })
})
