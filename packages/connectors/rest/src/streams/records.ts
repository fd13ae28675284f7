import { createHash } from 'node:crypto'
import { anyRecord, ConnectorError, reads, schema, stream, type RecordIdentity } from '@casare/core'
import { jsonPath, readPages, type PageCursor } from '@casare/http'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { requestErrors, target } from '../operations/fields.ts'
import { paging } from './paging.ts'

const cursor = schema((): z.ZodType<PageCursor> =>
  z.strictObject({
    page: z.number().int().optional().describe('Number of the next page.'),
    size: z.number().int().optional().describe('The page size that the number counts in.'),
    offset: z.number().int().min(0).optional().describe('Number of the next record.'),
    cursor: z.union([z.string(), z.number()]).optional().describe("The API's own cursor."),
    url: z.string().optional().describe('Address of the next page.'),
    end: z.literal(true).optional().describe('The read had reached the end.'),
  }),
)

const input = schema(() =>
  z.strictObject({
    ...target(),
    recordsPath: z
      .string()
      .default('')
      .describe(
        'Where in an answer its records are: "data.items", "$.items", "/data/items". Default: the answer is the list.',
      ),
    paging: paging().default({ style: 'none' }).describe('How the API hands out its records in pages.'),
    pageSize: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('Records per page, where paging has a sizeParameter.'),
    idField: z
      .string()
      .min(1)
      .optional()
      .describe('Where in a record its id is: "id", "meta.id". Default: a hash of the whole record stands for it.'),
    versionField: z.string().min(1).optional().describe('Where in a record its version is: "updated_at", "etag".'),
  }),
)

/** The records of a list, read page by page. */
export const records = stream({
  description: 'The records of a list, read page by page.',
  read: reads({
    description:
      'Reads a list page by page: by page number, offset, cursor, Link header or the address of the next page in the answer. Each page can be gone on from.',
    input,
    record: anyRecord,
    cursor,
    errors: requestErrors,
    identify: (record, { idField, versionField }) => identify(record, idField, versionField),
    async *pages(client: RestClient, { recordsPath, paging, pageSize, path, values, query, headers }, context) {
      const size = pageSize ?? context.maxRecords
      const options = { paging, recordsPath, pageSize: size, cursor: context.cursor }
      for await (const page of readPages(client.http, { path, values, query, headers }, options, context)) {
        for (const record of page.records) if (!isRecord(record)) throw notARecord(record)
        yield { ...page, records: page.records as Record<string, unknown>[] }
      }
    },
  }),
})

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function identify(record: Record<string, unknown>, idField?: string, versionField?: string): RecordIdentity {
  const version = versionField === undefined ? undefined : textAt(record, versionField)
  const id = idField === undefined ? hashOf(record) : textAt(record, idField)
  if (id === undefined)
    throw new ConnectorError({
      code: 'internal',
      applied: 'no',
      message: `A record has no id at ${JSON.stringify(idField)} (idField): expected a text or a number there.`,
    })
  return version === undefined ? { id } : { id, version }
}

/** Plain names are looked up directly: this runs once per record. */
function textAt(record: Record<string, unknown>, field: string): string | undefined {
  const value = Object.hasOwn(record, field) ? record[field] : jsonPath(field)(record)
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

function hashOf(record: Record<string, unknown>): string {
  return createHash('sha256').update(JSON.stringify(record)).digest('base64url')
}

function notARecord(value: unknown): ConnectorError {
  const got = value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value
  return new ConnectorError({
    code: 'internal',
    applied: 'no',
    message: `The list contains ${got} where a record (an object) was expected. Check recordsPath.`,
  })
}
