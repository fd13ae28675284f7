import type { WriteContext, WriteFailure } from '@casare/core'
import type { AzureQueueClient } from './azure-queue-client.ts'
import { encodeMessage } from './message-codec.ts'
import type { Format, OutgoingMessage } from './message.ts'

/** What holds for all messages of a write. */
export interface WriteInput {
  readonly queue: string
  readonly format: Format
  readonly inOrder: boolean
}

/** Requests at once: the service takes one message with each. */
const requestsAtOnce = 32

/** Sends messages; answers with those that failed. */
export async function writeMessages(
  { sdk }: AzureQueueClient,
  messages: readonly OutgoingMessage[],
  { queue, format, inOrder }: WriteInput,
  { signal }: WriteContext,
): Promise<readonly WriteFailure[]> {
  const client = sdk.getQueueClient(queue)
  const failures: WriteFailure[] = []
  const rest = messages.entries()
  const send = async (): Promise<void> => {
    for (const [index, message] of rest) {
      signal.throwIfAborted()
      try {
        const { delaySeconds, timeToLiveSeconds } = message
        await client.sendMessage(encodeMessage(message, format), {
          abortSignal: signal,
          ...(delaySeconds === undefined ? {} : { visibilityTimeout: delaySeconds }),
          ...(timeToLiveSeconds === undefined ? {} : { messageTimeToLive: timeToLiveSeconds }),
        })
      } catch (error) {
        failures.push({ index, error })
      }
    }
  }
  await Promise.all(Array.from({ length: inOrder ? 1 : requestsAtOnce }, send))
  return failures
}
