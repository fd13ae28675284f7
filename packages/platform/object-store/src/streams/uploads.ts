import { reads, schema, stream } from '@casare/core'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { bucketField, keyField } from '../fields.ts'
import type { ListPosition } from '../model.ts'

const input = schema(() =>
  z.strictObject({
    bucket: bucketField(),
    prefix: z.string().max(1_024).optional().describe('Only keys that begin so.'),
  }),
)
const record = schema(() =>
  z.object({ key: keyField(), uploadId: z.string(), startedAt: z.string().optional().describe('ISO 8601.') }),
)
const cursor = schema(() =>
  z.strictObject({
    position: z.strictObject({ token: z.string().optional(), after: z.string().optional() }).optional(),
    done: z.boolean().optional(),
  }),
)

/** The uploads of a bucket that were begun and neither completed nor given up; their parts cost money. */
export function uploadsStream<Client>(driver: ObjectDriver<Client>) {
  const { listUploads } = driver
  if (listUploads === undefined) throw new Error('A store that lists no uploads has no such stream.')
  return stream({
    description: 'Uploads of a bucket that were begun and neither completed nor given up.',
    read: reads({
      input,
      record,
      cursor,
      errors: ['not_found', 'permission_denied'],
      identify: ({ key, uploadId }) => ({ id: `${uploadId} ${key}` }),
      async *pages(client: Client, { bucket, prefix }, context) {
        let position: ListPosition | undefined = context.cursor?.position
        if (context.cursor?.done === true) return
        do {
          const maxRecords = Math.min(context.maxRecords ?? 1_000, 1_000)
          const page = await listUploads(client, { bucket, prefix, position, maxRecords }, context)
          position = page.next
          const last = position === undefined
          yield { records: [...page.uploads], cursor: last ? { done: true } : { position }, last }
        } while (position !== undefined)
      },
    }),
  })
}
