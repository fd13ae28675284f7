import type { Page, ReadContext } from '@casare/core'
import type { ObjectDriver } from '../driver.ts'
import type { ListPosition } from '../model.ts'
import type { ObjectRecord, ObjectsCursor } from './records.ts'

const defaultPageSize = 1_000

/** Pages in the order of the keys. The last cursor is the last key: what comes after it is found by a later read. */
export async function* readByKey<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  input: {
    bucket: string
    prefix?: string | undefined
    delimiter?: string | undefined
    startAfter?: string | undefined
  },
  context: ReadContext<ObjectsCursor>,
): AsyncGenerator<Page<ObjectRecord, ObjectsCursor>, void> {
  const { bucket, prefix, delimiter, startAfter } = input
  let after = context.cursor?.position?.after ?? startAfter
  let position: ListPosition | undefined =
    context.cursor?.position ?? (startAfter === undefined ? undefined : { after: startAfter })
  for (;;) {
    const maxRecords = Math.min(context.maxRecords ?? defaultPageSize, defaultPageSize)
    const page = await driver.list(client, { bucket, prefix, delimiter, position, maxRecords }, context)
    const records: ObjectRecord[] = page.objects.map((object) => ({ kind: 'object', ...object }))
    if (page.prefixes.length > 0) {
      records.push(...page.prefixes.map((key) => ({ kind: 'prefix' as const, key })))
      records.sort((one, other) => compareKeys(one.key, other.key))
    }
    for (const { kind, key } of records) after = later(after, kind === 'prefix' ? endOf(key) : key)
    const { next } = page
    const last = next === undefined
    position = next ?? (after === undefined ? {} : { after })
    if (records.length > 0 || last) yield { records, cursor: { position }, last }
    if (last) return
  }
}

/** Stores order keys by their UTF-8 bytes. */
function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

function later(one: string | undefined, other: string): string {
  return one === undefined || compareKeys(one, other) < 0 ? other : one
}

/** Behind every key that begins with the prefix. */
function endOf(prefix: string): string {
  return `${prefix}\u{10FFFF}`
}
