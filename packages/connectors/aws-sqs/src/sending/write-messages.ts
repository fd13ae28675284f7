import type { WriteContext, WriteFailure } from '@casare/core'
import { checkIn } from '../claim-check/checked-in.ts'
import type { WriteClaimCheck } from '../claim-check/settings.ts'
import type { OutgoingMessage } from '../message.ts'
import { isFifo, type SqsClient } from '../sqs-client.ts'
import { toOutgoing } from './to-outgoing.ts'

interface WriteInput {
  readonly queue: string
  readonly groupId?: string | undefined
  readonly claimCheck?: WriteClaimCheck | undefined
}

/** Sends messages, together with what others send at the same moment; answers with those that failed. */
export async function writeMessages(
  client: SqsClient,
  messages: readonly OutgoingMessage[],
  { queue, groupId, claimCheck }: WriteInput,
  { keys, signal, attempt }: WriteContext,
): Promise<readonly WriteFailure[]> {
  const url = await client.queueUrl(queue, signal)
  const sender = client.sender(url)
  const settings = { fifo: isFifo(queue), groupId, claimCheck }
  const answers = messages.map(async (message, index): Promise<unknown> => {
    try {
      const key = keys?.[index]
      const outgoing = toOutgoing(message, key, settings)
      if (claimCheck === undefined || outgoing.bytes <= claimCheck.overBytes) return await sender.add(outgoing)
      const checked = await checkIn(client, outgoing, claimCheck, key, { attempt, signal })
      const failure = await sender.add(checked.outgoing)
      return failure === undefined ? undefined : await checked.failed(failure)
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
