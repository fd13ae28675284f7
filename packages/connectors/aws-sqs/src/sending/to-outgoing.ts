import type { MessageAttributeValue, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { invalidInput } from '@casare/core'
import { encodeBody, kindAttribute } from '../body-codec.ts'
import type { WriteClaimCheck } from '../claim-check/settings.ts'
import type { OutgoingMessage } from '../message.ts'

/** The largest message, and the largest batch, in bytes (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html). */
export const maxBatchBytes = 1_048_576

/** A message in the SDK's terms. */
export interface Outgoing {
  readonly entry: Omit<SendMessageBatchRequestEntry, 'Id'>
  /** Body and attributes, as SQS counts them. */
  readonly bytes: number
}

/** What holds for all messages of a write. */
export interface SendSettings {
  readonly fifo: boolean
  readonly groupId: string | undefined
  readonly claimCheck: WriteClaimCheck | undefined
}

/**
 * A message in the SDK's terms.
 * @throws `invalid_input` for what the queue would refuse: too large, without a group in a FIFO queue, a body without JSON.
 */
export function toOutgoing(message: OutgoingMessage, key: string | undefined, settings: SendSettings): Outgoing {
  const { claimCheck } = settings
  const { text, kind } = encodeBody(message.body)
  const attributes: Record<string, MessageAttributeValue> = {}
  let bytes = Buffer.byteLength(text)
  const add = (name: string, DataType: 'String' | 'Number', value: string): void => {
    attributes[name] = { DataType, StringValue: value }
    bytes += Buffer.byteLength(name) + DataType.length + Buffer.byteLength(value)
  }
  for (const [name, value] of Object.entries(message.attributes ?? {}))
    add(name, typeof value === 'number' ? 'Number' : 'String', String(value))
  if (kind !== undefined) add(kindAttribute, 'String', kind)
  if (bytes > maxBatchBytes && claimCheck === undefined)
    throw invalidInput(
      `The message has ${bytes} bytes with its attributes; SQS takes at most ${maxBatchBytes}. claimCheck sends more through S3.`,
    )
  const entry: Outgoing['entry'] = { MessageBody: text }
  if (bytes > Buffer.byteLength(text)) entry.MessageAttributes = attributes
  if (message.delaySeconds !== undefined) entry.DelaySeconds = message.delaySeconds
  const groupId = message.groupId ?? settings.groupId
  if (groupId !== undefined) entry.MessageGroupId = groupId
  if (settings.fifo) {
    if (groupId === undefined) throw invalidInput('A FIFO queue needs groupId, in the message or in the input.')
    entry.MessageDeduplicationId = message.deduplicationId ?? key ?? crypto.randomUUID()
  }
  return { entry, bytes }
}
