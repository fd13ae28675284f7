import { ConnectorError, type WriteContext, type WriteFailure } from '@casare/core'
import type { OutgoingMessage } from '../message.ts'
import type { RabbitmqClient } from '../rabbitmq-client.ts'
import { publishBatch, type Placed } from './publish-batch.ts'
import { toOutgoing } from './to-outgoing.ts'

/** A message of this size goes alone, so that the broker's refusal of a message that is too large concerns no other. */
const largeBytes = 4 * 1_048_576

/** Where the messages of a write go. */
export interface WriteTarget {
  readonly queue?: string | undefined
  readonly exchange?: string | undefined
  readonly routingKey?: string | undefined
}

/**
 * Sends messages in their order and answers for each.
 * @throws with `applied: 'no'` where the exchange is missing or the broker takes nothing.
 */
export async function writeMessages(
  client: RabbitmqClient,
  records: readonly OutgoingMessage[],
  { queue, exchange = '', routingKey = queue ?? '' }: WriteTarget,
  { signal, keys, effect }: WriteContext,
): Promise<readonly WriteFailure[]> {
  const { readMs, writeMs } = client.timeouts
  const limits = { signal, readMs, writeMs, unsafe: effect === 'unsafe' }
  const failures: WriteFailure[] = []
  const send = async (lane: string, batch: readonly Placed[]): Promise<void> => {
    if (batch.length === 0) return
    try {
      failures.push(...(await publishBatch(await client.publishers.get(exchange, lane, limits), batch, limits)))
    } catch (error) {
      // What went before has its answer already.
      if (signal.aborted || batch.length === records.length || !ConnectorError.is(error)) throw error
      failures.push(...batch.map(({ index }) => ({ index, error })))
    }
  }
  let batch: Placed[] = []
  for (let index = 0; index < records.length; index += 1) {
    let placed: Placed
    try {
      placed = { index, outgoing: toOutgoing(records[index] as OutgoingMessage, routingKey, keys?.[index]) }
    } catch (error) {
      failures.push({ index, error })
      continue
    }
    if (placed.outgoing.content.length < largeBytes) batch.push(placed)
    else {
      await send('usual', batch)
      batch = []
      await alone(client, () => send('large', [placed]))
    }
  }
  await send('usual', batch)
  return failures
}

/** Large messages of several writes, one after the other. */
async function alone(client: RabbitmqClient, send: () => Promise<void>): Promise<void> {
  const before = client.large
  const { promise, resolve } = Promise.withResolvers<void>()
  client.large = promise
  try {
    await before
    await send()
  } finally {
    resolve()
  }
}
