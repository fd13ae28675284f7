import { z } from 'zod'
import type { Message, OutgoingMessage } from './message.ts'

/** https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata */
export const queueName = (description = 'Name of the queue.') =>
  z
    .string()
    .regex(
      /^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/,
      'expected 3 to 63 lower-case letters and digits, with single hyphens between them',
    )
    .describe(description)

/** It goes over the wire as a header. */
const metadataText = () =>
  z
    .string()
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/, 'expected printable ASCII, without spaces around it')

/** Metadata of a queue. */
export const metadata = () =>
  z
    .record(z.string().regex(/^[a-z_]\w{0,127}$/i, 'expected a name of letters, digits and _'), metadataText())
    .describe('Names and texts that go with the queue.')

/** How messages are written down. */
export const format = () =>
  z
    .enum(['text', 'json', 'base64', 'envelope'])
    .default('json')
    .describe(
      'How messages are written down: as text, as JSON, as base64 of bytes (what Azure Functions expects), or as JSON that says what the body is and carries attributes. Default: json.',
    )

/** A message to send. */
export const outgoingMessage = z.strictObject({
  body: z.unknown().describe('The content, of a kind that the format has words for.'),
  attributes: z
    .record(z.string().min(1), z.union([z.string(), z.number()]))
    .optional()
    .describe('Texts and numbers that go with the body; only in envelopes.'),
  delaySeconds: z.number().int().min(0).max(604_800).optional().describe('How long nobody gets it.'),
  timeToLiveSeconds: z
    .union([z.literal(-1), z.number().int().min(1).max(2_147_483_647)])
    .optional()
    .describe('How long it is kept; -1 for ever. Default: a week.'),
}) as unknown as z.ZodType<OutgoingMessage>

/** A message that has arrived. */
export const arrivedMessage = z.object({
  body: z.unknown().describe('The content.'),
  messageId: z.string(),
  attributes: z.record(z.string(), z.unknown()).describe('Only in envelopes.'),
  insertedAt: z.string().describe('ISO 8601.'),
  expiresAt: z.string().describe('ISO 8601.'),
  dequeueCount: z.number().int().describe('How often somebody has received it.'),
}) as unknown as z.ZodType<Message>
