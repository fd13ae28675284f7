import { ConnectorError, type ListenContext } from '@casare/core'
import type { PostgresqlDatabase } from '../database.ts'
import { isServerError, serverFacts } from '../errors.ts'
import { quote } from '../identifiers.ts'
import { lossOf } from '../streams/loss-of.ts'
import type { ChangeEvent } from './change-delivery.ts'
import { Follower, type Handed } from './follower.ts'
import { ReplicationFeed } from './replication-feed.ts'
import { prepareSlot, type ChangesInput } from './slot.ts'

const confirmEveryMs = 2_000

/** One connection's worth of changes. */
export async function followChanges(
  database: PostgresqlDatabase,
  input: ChangesInput,
  context: ListenContext<ChangeEvent>,
): Promise<void> {
  const client = await database.dial({ replication: 'database' } as object)
  const loss = lossOf(client, context.signal)
  try {
    await Promise.race([prepareSlot(database, client, input, context), loss.promise])
    if (context.signal.aborted) return
    const follower = new Follower(context, handedOf(database, input), client.connection.stream, loss.fail)
    const feed = new ReplicationFeed(
      `START_REPLICATION SLOT ${quote(input.slot)} LOGICAL 0/0 (proto_version '1', publication_names '${quote(input.publication).replaceAll("'", "''")}')`,
      () => follower.confirmed,
      follower,
    )
    follower.onConfirmed = () => feed.confirm()
    feed.begin(client)
    await Promise.race([feed.started.promise, loss.promise])
    context.ready()
    const timer = setInterval(() => {
      // While it is not being read from, nothing can be heard.
      if (follower.isPaused) context.alive()
      feed.confirm(true)
    }, confirmEveryMs)
    loss.onEnd(() => clearInterval(timer))
    loss.onEnd(() => follower.end())
    await Promise.race([loss.promise, follower.run()])
    if (!context.signal.aborted) return
    await follower.finished()
    feed.confirm()
    loss.end('after what was sent')
  } catch (error) {
    throw isServerError(error) ? new ConnectorError(serverFacts(error)) : error
  } finally {
    loss.end('at once')
  }
}

function handedOf(database: PostgresqlDatabase, input: object): Handed {
  const known = database.subscriptions.get(input) as Handed | undefined
  const handed = known ?? { lsn: -1n, number: 0 }
  database.subscriptions.set(input, handed)
  return handed
}
