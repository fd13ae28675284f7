import type { ListenContext } from '@casare/core'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ObjectDriver } from '../driver.ts'
import type { ListPosition, ListedObject } from '../model.ts'

/** What is known of a key: its etag, and when its event is due again where it was given back. */
interface Known {
  readonly etag: string
  again?: number | undefined
}

/** What one listener knows of a bucket; it outlives a lost connection. */
export interface Watched {
  /** `undefined` before the first look. */
  known: Map<string, Known> | undefined
}

/**
 * Lists again and again and delivers what is new or changed. What is known is held in memory, one entry per object; an
 * event given back is delivered again when its delay has passed.
 */
export async function watchObjects<Client>(
  driver: ObjectDriver<Client>,
  client: Client,
  input: { bucket: string; prefix?: string | undefined; intervalMs: number; from: 'now' | 'beginning' },
  watched: Watched,
  context: ListenContext<ListedObject>,
): Promise<void> {
  if (watched.known === undefined && input.from === 'beginning') watched.known = new Map()
  let ready = false
  while (!context.signal.aborted) {
    const { known: before } = watched
    const found = new Map<string, Known>()
    for await (const object of everyObject(driver, client, input, context)) {
      const known = before?.get(object.key)
      const same = known?.etag === object.etag
      const due = same && known.again !== undefined && known.again <= Date.now()
      const entry: Known = same && !due ? known : { etag: object.etag }
      if (before !== undefined && (!same || due)) {
        await deliver(context, object, entry, due)
        // Remembered at once: a look that breaks off later does not deliver it again.
        before.set(object.key, entry)
      }
      found.set(object.key, entry)
    }
    watched.known = found
    if (!ready) context.ready()
    ready = true
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
    context.alive()
    yield* page.objects
    position = page.next
  } while (position !== undefined)
}
