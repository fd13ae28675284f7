import { listens, reads, schema, stream } from '@casare/core'
import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { bucketField } from '../fields.ts'
import { readByKey } from './read-by-key.ts'
import { readByTime } from './read-by-time.ts'
import { watchObjects, type Watched } from './watch-objects.ts'

const objectRecord = schema(() =>
  z.object({
    kind: z.enum(['object', 'prefix']).describe('"prefix": what several keys have in common up to the delimiter.'),
    key: z.string(),
    size: z.number().int().optional().describe('Bytes.'),
    etag: z.string().optional(),
    lastModified: timestamp().optional(),
    storageClass: z.string().optional(),
  }),
)
const selection = () => ({
  bucket: bucketField(),
  prefix: z.string().max(1_024).optional().describe('Only keys that begin so.'),
})

const readInput = schema(() =>
  z
    .strictObject({
      ...selection(),
      delimiter: z.string().min(1).max(16).optional().describe('Keys that have it after the prefix are shown as one.'),
      startAfter: z.string().min(1).max(1_024).optional().describe('Only keys that come after this one.'),
      by: z
        .enum(['key', 'lastModified'])
        .default('key')
        .describe('"lastModified": a later read from the last cursor gives what was written since.'),
    })
    .refine(({ by, delimiter, startAfter }) => by === 'key' || (delimiter === undefined && startAfter === undefined), {
      error: 'delimiter and startAfter go with by: "key"',
    }),
)
const cursor = schema(() =>
  z.strictObject({
    position: z.strictObject({ token: z.string().optional(), after: z.string().optional() }).optional(),
    since: z.string().optional().describe('Written at or after this time.'),
    seen: z.array(z.string()).optional().describe('Written at that very time, and seen.'),
    newest: z.string().optional(),
    ties: z.array(z.string()).optional(),
  }),
)
const listenInput = schema(() =>
  z.strictObject({
    ...selection(),
    intervalMs: z
      .number()
      .int()
      .min(100)
      .max(86_400_000)
      .default(30_000)
      .describe('Between two looks, in milliseconds.'),
    from: z.enum(['now', 'beginning']).default('now').describe('"beginning": what is there already is delivered, too.'),
  }),
)
const objectEvent = schema(() =>
  z.object({
    key: z.string(),
    size: z.number().int(),
    etag: z.string(),
    lastModified: timestamp(),
    storageClass: z.string().optional(),
  }),
)

/** The objects of a bucket: listed in the order of their keys or by the time of their writing, or watched. */
export function objectsStream<Client>(driver: ObjectDriver<Client>) {
  // The input of a listener stays the same object when its connection is lost and made again.
  const listeners = new WeakMap<object, Watched>()
  const watchedBy = (input: object): Watched => {
    const known = listeners.get(input) ?? { known: undefined }
    listeners.set(input, known)
    return known
  }
  return stream({
    description: 'The objects of a bucket: listed, or watched by looking again and again.',
    read: reads({
      description:
        'Lists objects in the order of their keys, or those written since an earlier read. Stores date an object by the beginning of its upload: one that took long can appear behind the mark of a read by time.',
      input: readInput,
      record: objectRecord,
      cursor,
      errors: ['not_found', 'permission_denied'],
      identify: ({ key, etag }) => ({ id: key, version: etag }),
      pages: (client: Client, input, context) =>
        input.by === 'key' ? readByKey(driver, client, input, context) : readByTime(driver, client, input, context),
    }),
    listen: listens({
      description:
        'Delivers objects that are new or were changed, found by listing again and again. A new listener begins from what is there.',
      input: listenInput,
      event: objectEvent,
      errors: ['not_found', 'permission_denied'],
      subscribe: (client: Client, input, context) => watchObjects(driver, client, input, watchedBy(input), context),
    }),
  })
}
