import type { Message as Received } from '@aws-sdk/client-sqs'
import { isFifo, type SqsClient } from '../sqs-client.ts'
import { maxBatchBytes } from '../sending/to-outgoing.ts'

/** Puts a message aside, as it came. */
export type PutAside = (received: Received) => Promise<void>

/** Where messages of a queue are put aside: the queue that is named, else that of its redrive policy; `undefined` where there is neither. */
export async function deadLetters(
  client: SqsClient,
  url: string,
  named: string | undefined,
  signal: AbortSignal,
): Promise<PutAside | undefined> {
  const queue = named ?? (await ofRedrivePolicy(client, url, signal))
  if (queue === undefined) return undefined
  const target = await client.queueUrl(queue, signal)
  return async ({ Body = '', MessageAttributes, MessageId, Attributes }) => {
    const failure = await client.sender(target).add({
      entry: {
        MessageBody: Body,
        ...(MessageAttributes === undefined ? {} : { MessageAttributes }),
        ...(isFifo(target)
          ? { MessageGroupId: Attributes?.MessageGroupId ?? 'dead', MessageDeduplicationId: MessageId }
          : {}),
      },
      // It has been as large as this before: alone in its batch it fits again.
      bytes: MessageAttributes === undefined ? Buffer.byteLength(Body) : maxBatchBytes,
    })
    if (failure !== undefined) throw failure as Error
  }
}

async function ofRedrivePolicy(client: SqsClient, url: string, abortSignal: AbortSignal): Promise<string | undefined> {
  const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs')
  const { Attributes } = await client.sdk.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['RedrivePolicy'] }),
    { abortSignal },
  )
  const policy = Attributes?.RedrivePolicy
  if (policy === undefined || policy === '') return undefined
  const { deadLetterTargetArn } = JSON.parse(policy) as { deadLetterTargetArn?: string }
  return deadLetterTargetArn?.split(':').at(-1)
}
