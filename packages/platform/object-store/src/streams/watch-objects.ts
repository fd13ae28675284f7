import type { ListenContext } from '@casare/core'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ObjectDriver } from '../driver.ts'
import type { ListPosition, ListedObject } from '../model.ts'

/** What is known of a key: its etag, and whether its event was answered. */
interface Known {
  readonly etag: string
  again?: number | undefined
}

/**
 * Lists again and again and delivers what is new or changed. What is known is held in memory, one entry per object; an
 * event given back is delivered again when its delay has passed.
 */
export async function watchObjects<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  input: { bucket: string; prefix?: string | undefined; intervalMs: number; from: 'now' | 'beginning' },
  context: ListenContext<ListedObject>,
): Promise<void> {
  let known = new Map<string, Known>()
  let first = input.from === 'now'
  while (!context.signal.aborted) {
    const found = new Map<string, Known>()
    for await (const object of everyObject(driver, client, input, context)) {
      const before = known.get(object.key)
      const same = before !== undefined && before.etag === object.etag
      const due = same && before.again !== undefined && before.again <= Date.now()
      const entry: Known = same && !due ? before : { etag: object.etag }
      found.set(object.key, entry)
      if (!first && (!same || due)) await deliver(context, object, entry, due)
    }
    known = found
    if (first) context.ready()
    else context.alive()
    if (!first && input.from === 'beginning') context.ready()
    first = false
    await sleep(input.intervalMs, undefined, { signal: context.signal }).catch(() => undefined)
  }
}

function deliver(
  context: ListenContext<ListedObject>,
  event: ListedObject,
  entry: Known,
  redelivered: boolean,
): Promise<void> {
  return context.deliver({
    id: `${event.key}@${event.etag}`,
    key: event.key,
    redelivered,
    event,
    ack: () => undefined,
    nack(_error, delayMs) {
      entry.again = Date.now() + delayMs
    },
  })
}

async function* everyObject<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  { bucket, prefix }: { bucket: string; prefix?: string | undefined },
  context: ListenContext<ListedObject>,
): AsyncGenerator<ListedObject, void> {
  let position: ListPosition | undefined
  do {
    const page = await driver.list(client, { bucket, prefix, position, maxRecords: 1_000 }, context)
    yield* page.objects
    position = page.next
    context.alive()
  } while (position !== undefined)
}
