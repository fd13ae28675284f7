import { z } from 'zod'

/** The name of a topic (https://kafka.apache.org/documentation/#basic_ops_add_topic). */
export const topicName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/, 'must be 1 to 249 letters, digits, ".", "_" and "-"')
  .describe('Name of the topic.')

/** The name of a consumer group. */
export const groupName = z
  .string()
  .min(1)
  .max(255)
  .refine((text) => text.isWellFormed(), 'must be well-formed text')
  .describe('Name of the consumer group.')

/** An offset: 64 bits, so it is a text. */
export const offset = z
  .string()
  .regex(/^\d{1,19}$/, 'must be a decimal number')
  .describe('Offset of a record: a decimal number.')

/** The number of a partition. */
export const partitionNumber = z.number().int().min(0).max(2_147_483_647)
