import type { Page, ReadContext } from '@casare/core'
import type { ObjectDriver } from '../driver.ts'
import type { ListPosition, ListedObject } from '../model.ts'
import type { ObjectRecord, ObjectsCursor } from './records.ts'

const defaultPageSize = 1_000

/**
 * Pages of what was written since the mark. Stores list by key only: the whole list is gone through, and the mark moves
 * when it is. Objects of the very time of the mark are remembered, so that none is given twice and none is left out.
 */
export async function* readByTime<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  { bucket, prefix }: { bucket: string; prefix?: string | undefined },
  context: ReadContext<ObjectsCursor>,
): AsyncGenerator<Page<ObjectRecord, ObjectsCursor>, void> {
  const { cursor } = context
  const since = cursor?.since
  const seen = new Set(cursor?.seen)
  const mark = new Mark(cursor?.newest ?? since, cursor?.ties ?? cursor?.seen ?? [])
  let position: ListPosition | undefined = cursor?.position
  for (;;) {
    const maxRecords = Math.min(context.maxRecords ?? defaultPageSize, defaultPageSize)
    const page = await driver.list(client, { bucket, prefix, position, maxRecords }, context)
    const records: ObjectRecord[] = []
    for (const object of page.objects) {
      if (since !== undefined && object.lastModified < since) continue
      if (object.lastModified === since && seen.has(identity(object))) continue
      records.push({ kind: 'object', ...object })
      mark.add(object)
    }
    if (page.next === undefined) {
      yield { records, cursor: mark.cursor(), last: true }
      return
    }
    position = page.next
    const within = { position, newest: mark.newest, ties: [...mark.ties], since, seen: [...seen] }
    if (records.length > 0) yield { records, cursor: within }
  }
}

/** The newest time met so far, and the objects that have it. */
class Mark {
  newest: string | undefined
  ties: Set<string>

  constructor(newest: string | undefined, ties: readonly string[]) {
    this.newest = newest
    this.ties = new Set(ties)
  }

  add(object: ListedObject): void {
    if (this.newest === undefined || object.lastModified > this.newest) {
      this.newest = object.lastModified
      this.ties = new Set()
    }
    if (object.lastModified === this.newest) this.ties.add(identity(object))
  }

  cursor(): ObjectsCursor {
    return this.newest === undefined ? {} : { since: this.newest, seen: [...this.ties] }
  }
}

function identity({ key, etag }: ListedObject): string {
  return `${etag} ${key}`
}
