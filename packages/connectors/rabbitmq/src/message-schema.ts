import { timestamp } from '@casare/core/zod'
import { z } from 'zod'
import type { Message, OutgoingMessage } from './message.ts'
import { shortText } from './name-schema.ts'

const headers = z.record(z.string().min(1).max(128), z.unknown())
const body = z.unknown()
const properties = {
  contentType: shortText('MIME type of the body.').optional(),
  contentEncoding: shortText('How the bytes are packed; a packed body is given as bytes.').optional(),
  messageId: shortText('Who the message is.').optional(),
  correlationId: shortText('What it belongs to.').optional(),
  replyTo: shortText('The queue for answers.').optional(),
  type: shortText('What kind of message it is.').optional(),
  appId: shortText('Who has sent it.').optional(),
  timestamp: timestamp('When it was made; kept to the second.').optional(),
  priority: z.number().int().min(0).max(255).optional().describe('For queues with priorities.'),
}

/** The properties a message can be sent with. */
export const outgoingFields = {
  body: body.describe('The content: bytes and texts are sent as they are, anything else as JSON.'),
  headers: headers.optional().describe('Headers: texts, numbers, booleans, lists and objects of them.'),
  ...properties,
  expirationMs: z
    .number()
    .int()
    .min(0)
    .max(4_294_967_295)
    .optional()
    .describe('How long it may wait in a queue, in milliseconds.'),
  persistent: z.boolean().optional().describe('Survives a restart of the broker in a durable queue. Default: yes.'),
}

/** A message to send. */
export const outgoingMessage = z.strictObject({
  ...outgoingFields,
  routingKey: shortText("Where to, in place of the input's.").optional(),
}) as unknown as z.ZodType<OutgoingMessage>

/** A message that has arrived. */
export const arrivedMessage = z.object({
  body: body.describe('The content, decoded as asked for.'),
  headers: headers.describe('Headers, without those that the retries of this connector add.'),
  exchange: z.string().describe('Where it was first published; empty for the default exchange.'),
  routingKey: z.string(),
  redelivered: z.boolean().describe('It was delivered before, to us or to somebody else.'),
  redeliveries: z.number().int().describe('How often it was given back after a failure.'),
  ...properties,
}) as unknown as z.ZodType<Message>

/** How bodies are read. */
export const decode = z
  .enum(['auto', 'json', 'text', 'bytes'])
  .default('auto')
  .describe('How the body is read: "auto" goes by the content type (JSON, text, else bytes).')
