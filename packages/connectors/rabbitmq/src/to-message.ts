import type { Message as DriverMessage } from 'amqplib'
import { decodeBody } from './body-codec.ts'
import type { Decode, Message } from './message.ts'
import { ownHeaders, redeliveriesOf, retryHeaders } from './retry-headers.ts'

/**
 * A message of the driver as we give it.
 * @throws `invalid_input` where the body is not what it says it is.
 */
export function toMessage({ content, fields, properties }: DriverMessage, decode: Decode): Message {
  const headers = properties.headers as Record<string, unknown> | undefined
  const contentType = textOf(properties.contentType)
  const contentEncoding = textOf(properties.contentEncoding)
  const redeliveries = redeliveriesOf(headers)
  const message: { -readonly [K in keyof Message]: Message[K] } = {
    body: decodeBody(content, decode, contentType, contentEncoding),
    headers: ownHeaders(headers),
    exchange: textOf(headers?.[retryHeaders.exchange]) ?? fields.exchange,
    routingKey: textOf(headers?.[retryHeaders.routingKey]) ?? fields.routingKey,
    redelivered: fields.redelivered || redeliveries > 0,
    redeliveries,
  }
  if (contentType !== undefined) message.contentType = contentType
  if (contentEncoding !== undefined) message.contentEncoding = contentEncoding
  for (const name of ['messageId', 'correlationId', 'replyTo', 'type', 'appId'] as const) {
    const value = textOf(properties[name])
    if (value !== undefined) message[name] = value
  }
  const { timestamp, priority } = properties as { timestamp?: unknown; priority?: unknown }
  const time = typeof timestamp === 'number' ? new Date(timestamp * 1_000) : undefined
  if (time !== undefined && !Number.isNaN(time.getTime())) message.timestamp = time.toISOString()
  if (typeof priority === 'number') message.priority = priority
  return message
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
