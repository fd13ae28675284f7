import { operation } from '@casare/core'
import type { KafkaClient } from '../kafka-client.ts'
import { changed, listenedGroup, placesInput, placesOf, placesOutput } from './paused-places.ts'

/** Lets the listeners of this connection in a group hand out nothing more, of all topics or of some partitions, until `resumePartitions`. They stay members; what a handler has is still answered, and nothing is lost or skipped. */
export const pausePartitions = operation({
  description:
    'Lets the listeners of this connection in a group hand out nothing more, of all topics or of some partitions, until `resumePartitions`. They stay members; what a handler has is still answered, and nothing is lost or skipped.',
  effect: 'idempotent',
  input: placesInput,
  output: placesOutput,
  errors: ['not_found'],
  async run(client: KafkaClient, { group: name, topic, partitions }) {
    const group = listenedGroup(client, name)
    group.pauses.pause(placesOf(topic, partitions))
    return changed(group)
  },
})
