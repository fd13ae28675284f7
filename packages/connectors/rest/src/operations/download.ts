import { ConnectorError, operation, schema } from '@casare/core'
import { bytes } from '@casare/core/zod'
import type { HttpHeaders } from '@casare/http'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answerHeaders, requestErrors, target } from './fields.ts'

/**
 * Streams a resource out. Broken off after N bytes, it goes on with `resume: { offset: N, etag }`: the ETag of the first
 * answer is pinned, so that the parts of two versions are never joined (RFC 9110, 13.1.5 and 14).
 */
export const download = operation({
  description: 'Downloads bytes of any length as a stream; can go on where an earlier download broke off.',
  effect: 'read',
  input: schema(() =>
    z.strictObject({
      ...target(),
      resume: z
        .strictObject({
          offset: z.number().int().min(1).describe('Bytes that are there already.'),
          etag: z.string().min(1).describe('The etag that the earlier download gave.'),
        })
        .optional()
        .describe('Go on where an earlier download broke off.'),
      maxBytes: z.number().int().min(1).optional().describe('Ends the download with an error beyond this many bytes.'),
    }),
  ),
  output: schema(() =>
    z.object({
      status: z.number().int(),
      headers: answerHeaders(),
      body: bytes('The bytes, from the offset asked for.'),
      offset: z.number().int().describe('Where in the resource the body begins.'),
      totalBytes: z.number().int().optional().describe('Length of the whole resource where the API tells it.'),
      etag: z.string().optional().describe('A strong ETag, to resume with; absent where the API gives none.'),
    }),
  ),
  errors: requestErrors,
  async run(client: RestClient, { resume, headers, ...input }, context) {
    const ranged = resume === undefined ? {} : { range: `bytes=${resume.offset}-`, 'if-range': resume.etag }
    const {
      status,
      headers: received,
      body,
    } = await client.http.request(
      // A range counts the bytes as they are sent: compressed ones would not fit together.
      { ...input, headers: { ...headers, 'accept-encoding': 'identity', ...ranged }, expect: 'stream' },
      context,
    )
    const range = contentRange(received)
    if (resume !== undefined) {
      const fits =
        status === 206 && range?.offset === resume.offset && (strongEtag(received) ?? resume.etag) === resume.etag
      if (!fits) {
        await body[Symbol.asyncIterator]().return?.()
        throw changed(status, resume.offset)
      }
    }
    const totalBytes = range?.totalBytes ?? (status === 200 ? lengthOf(received) : undefined)
    const etag = strongEtag(received) ?? resume?.etag
    return {
      status,
      headers: received as Record<string, string | string[]>,
      body,
      offset: range?.offset ?? 0,
      ...(totalBytes === undefined ? {} : { totalBytes }),
      ...(etag === undefined ? {} : { etag }),
    }
  },
})

/** Weak ETags do not promise equal bytes and cannot be used for ranges (RFC 9110, 13.1.5). */
function strongEtag(headers: HttpHeaders): string | undefined {
  const etag = headers['etag']
  return typeof etag === 'string' && etag.startsWith('"') ? etag : undefined
}

function lengthOf(headers: HttpHeaders): number | undefined {
  const length = headers['content-length']
  return typeof length === 'string' && headers['content-encoding'] === undefined ? Number(length) : undefined
}

function contentRange(headers: HttpHeaders): { offset: number; totalBytes: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(headers['content-range'] ?? ''))
  if (match === null) return undefined
  return { offset: Number(match[1]), totalBytes: match[2] === '*' ? undefined : Number(match[2]) }
}

function changed(status: number, offset: number): ConnectorError {
  return new ConnectorError({
    code: 'conflict',
    status,
    message: `The download cannot go on at byte ${offset}: the resource has changed since, or the API does not serve ranges. Download it from the beginning.`,
  })
}
