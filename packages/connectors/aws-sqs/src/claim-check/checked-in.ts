import { createHash } from 'node:crypto'
import { ConnectorError } from '@casare/core'
import { toError } from '../errors.ts'
import type { Outgoing } from '../sending/to-outgoing.ts'
import type { SqsClient } from '../sqs-client.ts'
import { pointerText, sizeAttribute, type Pointer } from './pointer.ts'
import type { WriteClaimCheck } from './settings.ts'

const removeMs = 10_000

/** A message whose payload has gone to S3, and what is done with the payload where the message fails. */
export interface CheckedIn {
  readonly outgoing: Outgoing
  /** Removes the payload where nobody can have got the message; else names it in the error. */
  failed(error: unknown): Promise<unknown>
}

/** Puts the payload of a message into S3 and a pointer in its place. The key follows from that of the record, so that a repeated write leaves one payload. */
export async function checkIn(
  client: SqsClient,
  outgoing: Outgoing,
  { bucket, prefix }: WriteClaimCheck,
  key: string | undefined,
  { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
): Promise<CheckedIn> {
  const { MessageBody: text = '', ...entry } = outgoing.entry
  const name = key === undefined ? crypto.randomUUID() : createHash('sha256').update(key).digest('hex')
  const pointer: Pointer = { bucket, key: `${prefix}${name}` }
  const body = pointerText(pointer)
  const size = String(Buffer.byteLength(text))
  const store = await client.payloads()
  await store.put(pointer, text, signal)
  const attributes = { ...entry.MessageAttributes, [sizeAttribute]: { DataType: 'Number', StringValue: size } }
  const saved = Buffer.byteLength(text) - Buffer.byteLength(body)
  return {
    outgoing: {
      entry: { ...entry, MessageBody: body, MessageAttributes: attributes },
      bytes: outgoing.bytes - saved + sizeAttribute.length + 'Number'.length + size.length,
    },
    async failed(error) {
      const facts = ConnectorError.is(error) ? error : toError(error)
      const refused = facts?.applied === 'no'
      // An earlier attempt may have been taken in, and its message points to the same payload.
      const first = key === undefined || attempt === 1
      if (refused && first) {
        const removed = await store.remove(pointer, AbortSignal.timeout(removeMs)).then(
          () => true,
          () => false,
        )
        if (removed) return error
      }
      if (facts === undefined) return error
      const { code, applied = 'maybe', transient, message, retryAfterMs, overload } = facts
      const left = refused && first ? 'could not be removed from' : 'of the message is kept in'
      return new ConnectorError({
        code,
        applied,
        transient,
        retryAfterMs,
        overload,
        message: `${message} The payload ${left} s3://${pointer.bucket}/${pointer.key}.`,
        cause: error,
      })
    },
  }
}
