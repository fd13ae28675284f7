import type { WriteContext, WriteFailure } from '@casare/core'
import type { OutgoingMessage } from '../message.ts'
import { isFifo, type SqsClient } from '../sqs-client.ts'
import { toOutgoing } from './to-outgoing.ts'

/** Sends messages, together with what others send at the same moment; answers with those that failed. */
export async function writeMessages(
  client: SqsClient,
  messages: readonly OutgoingMessage[],
  { queue, groupId }: { readonly queue: string; readonly groupId?: string | undefined },
  { keys, signal }: WriteContext,
): Promise<readonly WriteFailure[]> {
  const url = await client.queueUrl(queue, signal)
  const sender = client.sender(url)
  const settings = { fifo: isFifo(queue), groupId }
  const answers = messages.map(async (message, index): Promise<unknown> => {
    try {
      return await sender.add(toOutgoing(message, keys?.[index], settings))
    } catch (error) {
      return error
    }
  })
  const failures = await Promise.race([Promise.all(answers), aborted(signal)])
  return failures.flatMap((error, index) => (error === undefined ? [] : [{ index, error }]))
}

/** Rejects when the signal aborts: what is on its way is not called back. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
