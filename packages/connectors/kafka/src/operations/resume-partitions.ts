import { operation } from '@casare/core'
import type { KafkaClient } from '../kafka-client.ts'
import { changed, listenedGroup, placesInput, placesOf, placesOutput } from './paused-places.ts'

/** Lets the listeners of this connection in a group go on, where `pausePartitions` has stopped them. */
export const resumePartitions = operation({
  description: 'Lets the listeners of this connection in a group go on, where `pausePartitions` has stopped them.',
  effect: 'idempotent',
  input: placesInput,
  output: placesOutput,
  errors: ['not_found', 'conflict'],
  async run(client: KafkaClient, { group: name, topic, partitions }) {
    const group = listenedGroup(client, name)
    group.pauses.resume(placesOf(topic, partitions))
    return changed(group)
  },
})
