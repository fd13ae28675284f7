import { z } from 'zod'
import type { Message, OutgoingMessage } from './message.ts'

const identifier = (description: string) =>
  z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'expected 1 to 128 letters, digits or punctuation marks')
    .describe(description)

/** A queue by its name, or by its URL, which stands for its name: requests go to the endpoint of the connection. */
export const queueName = (description = 'Name or URL of the queue.') =>
  z
    .string()
    .regex(
      /^(?:https?:\/\/[^\s?#]{1,400}\/)?[\w-]{1,80}(?:\.fifo)?$/,
      'expected the name of a queue (letters, digits, "-", "_", and ".fifo" at the end of FIFO queues), or its URL',
    )
    .describe(description)

/** The group of messages that have none of their own. */
export const groupId = () => identifier('Group of messages that have none of their own.')

/** A message to send. */
export const outgoingMessage = z.strictObject({
  body: z.unknown().describe('The content: texts are sent as they are, bytes as base64, anything else as JSON.'),
  attributes: z
    .record(
      z.string().regex(/^(?!aws\.|amazon\.|casare\.)[\w.-]{1,256}$/i, 'expected a name that is free to use'),
      z.union([z.string().min(1), z.number()]),
    )
    .refine((attributes) => Object.keys(attributes).length <= 9, 'at most 9 attributes')
    .optional()
    .describe('At most 9 texts and numbers.'),
  groupId: identifier('Messages of one group are handled one after the other.').optional(),
  deduplicationId: identifier('A FIFO queue takes a message of one id once within five minutes.').optional(),
  delaySeconds: z.number().int().min(0).max(900).optional().describe('How long nobody gets it; not in FIFO queues.'),
}) as unknown as z.ZodType<OutgoingMessage>

/** A message that has arrived. */
export const arrivedMessage = z.object({
  body: z.unknown().describe('The content, decoded as asked for.'),
  messageId: z.string(),
  attributes: z.record(z.string(), z.unknown()).describe('Texts, numbers and bytes.'),
  groupId: z.string().optional(),
  deduplicationId: z.string().optional(),
  sequenceNumber: z.string().optional().describe('Its place in a FIFO queue.'),
  sentAt: z.string().optional().describe('ISO 8601.'),
  receiveCount: z.number().int().describe('How often somebody has received it.'),
}) as unknown as z.ZodType<Message>

/** How bodies are given to the handler. */
export const decode = z
  .enum(['auto', 'json', 'text', 'bytes'])
  .default('auto')
  .describe('Default: as it was sent by this connector; what others have sent is given as text.')
