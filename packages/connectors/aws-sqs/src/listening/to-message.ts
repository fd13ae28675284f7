import type { Message as Received, MessageAttributeValue } from '@aws-sdk/client-sqs'
import { decodeBody, kindAttribute } from '../body-codec.ts'
import type { Decode, Message } from '../message.ts'

/**
 * A message of the SDK as we give it.
 * @throws `invalid_input` where the body is not what it says it is.
 */
export function toMessage(received: Received, decode: Decode): Message {
  const { Body = '', MessageId = '', Attributes, MessageAttributes = {} } = received
  const own = MessageAttributes[kindAttribute]?.StringValue
  const sent = Number(Attributes?.SentTimestamp ?? Number.NaN)
  const { MessageGroupId, MessageDeduplicationId, SequenceNumber } = Attributes ?? {}
  return {
    body: decodeBody(Body, decode, own),
    messageId: MessageId,
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes)
        .filter(([name]) => name !== kindAttribute)
        .map(([name, value]) => [name, valueOf(value)]),
    ),
    ...(MessageGroupId === undefined ? {} : { groupId: MessageGroupId }),
    ...(MessageDeduplicationId === undefined ? {} : { deduplicationId: MessageDeduplicationId }),
    ...(SequenceNumber === undefined ? {} : { sequenceNumber: SequenceNumber }),
    ...(Number.isNaN(sent) ? {} : { sentAt: new Date(sent).toISOString() }),
    receiveCount: receiveCountOf(received),
  }
}

/** How often somebody has received it. */
export function receiveCountOf({ Attributes }: Received): number {
  return Number(Attributes?.ApproximateReceiveCount ?? 1)
}

/** A number stays the text that it was sent as where a number of ours would not be the same. */
function valueOf({ DataType = '', StringValue, BinaryValue }: MessageAttributeValue): unknown {
  if (BinaryValue !== undefined) return BinaryValue
  if (!DataType.startsWith('Number') || StringValue === undefined) return StringValue
  const number = Number(StringValue)
  return String(number) === StringValue ? number : StringValue
}
