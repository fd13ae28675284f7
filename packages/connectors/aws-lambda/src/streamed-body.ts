import type { InvokeWithResponseStreamResponseEvent } from '@aws-sdk/client-lambda'
import { ConnectorError } from '@casare/core'
import { toError } from './errors.ts'
import { functionErrorOf, parsedAnswer } from './function-error.ts'

interface StreamedAnswer {
  /** Of the function. */
  readonly name: string
  readonly maxBytes: number
  /** Ends the connection, where the answer is not wanted to its end. */
  readonly end: () => void
}

/**
 * The bytes of an answer that is streamed.
 * @throws `internal` where the function fails on its way, `unavailable` where the answer ends before it is complete,
 * `invalid_input` where it is longer than wanted; in each case it has run
 */
export async function* streamedBody(
  events: AsyncIterable<InvokeWithResponseStreamResponseEvent> | undefined,
  { name, maxBytes, end }: StreamedAnswer,
): AsyncGenerator<Uint8Array, void> {
  let received = 0
  try {
    for await (const { PayloadChunk, InvokeComplete } of events ?? []) {
      const { Payload } = PayloadChunk ?? {}
      if (Payload !== undefined) {
        received += Payload.byteLength
        if (received > maxBytes)
          throw new ConnectorError({
            code: 'invalid_input',
            applied: 'yes',
            message: `The answer of ${name} has more than ${maxBytes} bytes. Raise maxBytes.`,
          })
        yield Payload
      }
      if (InvokeComplete === undefined) continue
      const { ErrorCode, ErrorDetails = '' } = InvokeComplete
      if (ErrorCode !== undefined && ErrorCode !== '') throw failed(name, ErrorCode, ErrorDetails)
      return
    }
    throw new ConnectorError({
      code: 'unavailable',
      applied: 'maybe',
      transient: true,
      message: `The answer of ${name} ended after ${received} bytes, before it was complete.`,
    })
  } catch (error) {
    if (ConnectorError.is(error)) throw error
    throw new ConnectorError(
      toError(error) ?? { code: 'internal', applied: 'maybe', message: String(error), cause: error },
    )
  } finally {
    end()
  }
}

/** The function's stack is in the cause, apart from ours. */
function failed(name: string, code: string, details: string): ConnectorError {
  const { type, message = details, stack } = functionErrorOf(code, parsedAnswer(details))
  const cause = Object.assign(new Error(message), { name: type ?? code })
  cause.stack = stack.length === 0 ? `${cause.name}: ${message}` : stack.join('\n')
  return new ConnectorError({
    code: 'internal',
    applied: 'yes',
    message: `${name} has failed in the middle of its answer: ${message}`,
    vendorCode: type ?? code,
    cause,
  })
}
