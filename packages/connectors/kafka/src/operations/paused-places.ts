import { ConnectorError, nearest, schema } from '@casare/core'
import { z } from 'zod'
import type { ListenedGroup, KafkaClient } from '../kafka-client.ts'
import type { Place } from '../consuming/pauses.ts'
import { groupName, partitionNumber, topicName } from '../name-schema.ts'

/** What pausing and resuming take. */
export const placesInput = schema(() =>
  z
    .strictObject({
      group: groupName,
      topic: topicName.optional().describe('Default: all topics of the group.'),
      partitions: z
        .array(partitionNumber)
        .min(1)
        .max(100_000)
        .optional()
        .describe('Partitions of the topic. Default: all.'),
    })
    .refine(({ topic, partitions }) => partitions === undefined || topic !== undefined, {
      message: 'partitions: name their topic, too',
      path: ['partitions'],
    }),
)

/** What is paused after that. */
export const placesOutput = schema(() =>
  z.object({
    paused: z
      .array(
        z.object({
          topic: z.string().optional().describe('Absent: all topics.'),
          partition: z.number().int().optional().describe('Absent: all partitions.'),
        }),
      )
      .describe('All that is paused in the group now.'),
  }),
)

/** The places that an input names. */
export function placesOf(topic: string | undefined, partitions: readonly number[] | undefined): readonly Place[] {
  return partitions === undefined ? [{ topic }] : partitions.map((partition) => ({ topic, partition }))
}

/** @throws `not_found` where no listener of this connection is, or was, a member of the group. */
export function listenedGroup(client: KafkaClient, name: string): ListenedGroup {
  const group = client.groups.get(name)
  if (group !== undefined) return group
  throw new ConnectorError({
    code: 'not_found',
    applied: 'no',
    message: `Kafka: no listener of this connection is a member of the group "${name}".${nearest(name, [...client.groups.keys()])}`,
  })
}

/** Tells the listeners, and what is paused now. */
export function changed({ members, pauses }: ListenedGroup): { paused: { topic?: string; partition?: number }[] } {
  for (const member of members) member.pausesChanged()
  return {
    paused: pauses.list().map(({ topic, partition }) => ({
      ...(topic === undefined ? {} : { topic }),
      ...(partition === undefined ? {} : { partition }),
    })),
  }
}
