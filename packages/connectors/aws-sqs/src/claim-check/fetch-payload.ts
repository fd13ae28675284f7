import type { Message as Received } from '@aws-sdk/client-sqs'
import { ConnectorError } from '@casare/core'
import { toError } from '../errors.ts'
import type { SqsClient } from '../sqs-client.ts'
import { isPointerAttribute, pointerOf, type Pointer } from './pointer.ts'
import type { ListenClaimCheck } from './settings.ts'

/** A message with the payload that it points to, if it does. */
export interface Fetched {
  readonly received: Received
  readonly pointer: Pointer | undefined
}

/**
 * Fetches the payload that a message points to. Who can send to a queue chooses the pointer: only those into the bucket and
 * below the prefix that the listener names are followed.
 * @throws `permission_denied` for a pointer to elsewhere, `not_found` for a payload that is gone; what the store says
 */
export async function fetchPayload(
  client: SqsClient,
  received: Received,
  settings: ListenClaimCheck,
  signal: AbortSignal,
): Promise<Fetched> {
  const pointer = pointerOf(received)
  if (pointer === undefined) return { received, pointer }
  const { bucket, prefix, maxBytes } = settings
  if (pointer.bucket !== bucket || !pointer.key.startsWith(prefix))
    throw new ConnectorError({
      code: 'permission_denied',
      message: `The message points to s3://${pointer.bucket}/${pointer.key}, which is not below s3://${bucket}/${prefix}.`,
    })
  const Body = await (await client.payloads()).get(pointer, maxBytes, signal)
  const attributes = Object.entries(received.MessageAttributes ?? {}).filter(([name]) => !isPointerAttribute(name))
  return { received: { ...received, Body, MessageAttributes: Object.fromEntries(attributes) }, pointer }
}

/** Can nobody ever read it? Else it comes again. */
export function isForGood(error: unknown): boolean {
  const facts = ConnectorError.is(error) ? error : toError(error)
  return (
    facts !== undefined &&
    ['not_found', 'permission_denied', 'invalid_input'].includes(facts.code) &&
    facts.transient !== true
  )
}
