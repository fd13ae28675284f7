import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { KafkaClient } from '../kafka-client.ts'
import { topicName } from '../name-schema.ts'

/** Deletes a topic with its records. */
export const deleteTopic = operation({
  description: 'Deletes a topic with its records.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ topic: topicName })),
  output: schema(() => z.object({ topic: z.string() })),
  errors: ['not_found'],
  async run(client: KafkaClient, { topic }, { signal }) {
    await client.call('deleteTopic', signal, (driver) => driver.deleteTopic(topic))
    client.forget(topic)
    return { topic }
  },
})
