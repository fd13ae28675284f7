import { ConnectorError } from '@casare/core'
import { abortable, silent } from '../abortable.ts'
import type { Member, Position } from '../driver/driver.ts'
import { factsFor } from '../errors.ts'
import type { KafkaClient } from '../kafka-client.ts'
import { noPartition } from '../no-partition.ts'

/** The least that brokers take by default. */
const sessionTimeoutMs = 6_000
const rebalanceTimeoutMs = 15_000

/** What is moved where. */
export interface Move {
  readonly topic: string
  readonly group: string
  readonly positions: readonly Position[]
  readonly signal: AbortSignal
}

/**
 * Commits positions for a group that has no members.
 * @throws `conflict` where it has.
 */
export async function movePositions(client: KafkaClient, move: Move): Promise<void> {
  const { topic, group, positions, signal } = move
  const count = (await client.partitions(topic, signal)).length
  const unknown = positions.find(({ partition }) => partition >= count)
  if (unknown !== undefined) throw noPartition(topic, unknown.partition, count)
  try {
    return await client.call('resetOffsets', signal, (driver) => driver.moveGroup(group, topic, positions))
  } catch (error) {
    if (factsFor(error).vendorCode !== 'UNKNOWN_MEMBER_ID') throw error
  }
  await moveAsMember(client, move, count)
}

/** Joins the group, commits, and leaves it: for clusters that want a member, though there is none. */
async function moveAsMember(
  client: KafkaClient,
  { topic, group, positions, signal }: Move,
  count: number,
): Promise<void> {
  const joined = Promise.withResolvers<Member>()
  joined.promise.catch(() => undefined)
  const limitMs = client.timeouts.connectMs + rebalanceTimeoutMs
  const joining = client.driver.join({
    group,
    topics: [topic],
    fromBeginning: true,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    partitionsAtOnce: 1,
    maxBytes: 1,
    onBatch: () => Promise.resolve(),
    onJoin: (member) => joined.resolve(member),
    onAlive: () => undefined,
    onCrash: (error) => joined.reject(error),
  })
  const patience = { signal, limitMs, late: () => silent('joining the group', limitMs) }
  try {
    const member = await abortable(
      joining.then(() => joined.promise),
      patience,
    )
    if ((member.assigned.get(topic)?.length ?? 0) < count)
      throw new ConnectorError({
        code: 'conflict',
        message: `Kafka: the group "${group}" has other members; stop them before its positions are moved.`,
      })
    for (const { partition, offset } of positions) await abortable(member.commit(topic, partition, offset), patience)
  } finally {
    await abortable(
      joining.then((member) => member.close()),
      { ...patience, signal: new AbortController().signal, limitMs: 3_000 },
    ).catch(() => undefined)
  }
}
