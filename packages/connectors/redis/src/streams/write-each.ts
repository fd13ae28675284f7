import type { WriteFailure } from '@casare/core'
import type { RedisClient } from '../redis-client.ts'
import type { Argument } from '../values.ts'

/** Sends one command per record, all in one go; answers with those that failed. */
export async function writeEach(
  client: RedisClient,
  commands: readonly (readonly Argument[])[],
): Promise<WriteFailure[]> {
  const outcomes = await client.sendAll(commands)
  return outcomes.flatMap((outcome, index) => ('error' in outcome ? [{ index, error: outcome.error }] : []))
}
