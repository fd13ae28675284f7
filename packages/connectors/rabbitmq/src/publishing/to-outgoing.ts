import type { Options } from 'amqplib'
import { encodeBody } from '../body-codec.ts'
import type { OutgoingMessage } from '../message.ts'

/** A message in the driver's terms. */
export interface Outgoing {
  readonly routingKey: string
  readonly content: Buffer
  readonly options: Options.Publish
}

/**
 * A message in the driver's terms. The broker returns it where no queue takes it.
 * @throws `invalid_input` for a body that cannot be encoded.
 */
export function toOutgoing(message: OutgoingMessage, routingKey: string, key: string | undefined): Outgoing {
  const { content, contentType } = encodeBody(message.body)
  const { timestamp, expirationMs } = message
  return {
    routingKey: message.routingKey ?? routingKey,
    content,
    options: {
      mandatory: true,
      persistent: message.persistent ?? true,
      messageId: message.messageId ?? key ?? crypto.randomUUID(),
      contentType: message.contentType ?? contentType,
      contentEncoding: message.contentEncoding,
      headers: message.headers,
      correlationId: message.correlationId,
      replyTo: message.replyTo,
      type: message.type,
      appId: message.appId,
      priority: message.priority,
      timestamp: timestamp === undefined ? undefined : Math.floor(Date.parse(timestamp) / 1_000),
      expiration: expirationMs === undefined ? undefined : String(expirationMs),
    } as Options.Publish,
  }
}
