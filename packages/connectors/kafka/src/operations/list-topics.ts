import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'

/** Tells the names of all topics. */
export const listTopics = operation({
  description: 'Tells the names of all topics that may be seen.',
  effect: 'read',
  input: schema(() => z.strictObject({})),
  output: schema(() => z.object({ topics: z.array(z.string()) })),
  async run(client: KafkaClient, _input, { signal }) {
    const topics = await client.call('listTopics', signal, (driver) => driver.topics())
    return { topics: [...topics].sort() }
  },
})
