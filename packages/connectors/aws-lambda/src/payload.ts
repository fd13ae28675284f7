import { invalidInput } from '@casare/core'

/** The largest payloads, in bytes (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
export const maxPayloadBytes = { request: 6_291_456, event: 1_048_576, dryRun: 6_291_456 } as const

/**
 * A payload as Lambda takes it; none is no bytes.
 * @throws `invalid_input` where it has more bytes than Lambda takes
 */
export function encodePayload(payload: unknown, kind: keyof typeof maxPayloadBytes): { Payload?: Uint8Array } {
  if (payload === undefined) return {}
  const bytes = Buffer.from(JSON.stringify(payload))
  const limit = maxPayloadBytes[kind]
  if (bytes.length > limit)
    throw invalidInput(`payload: it has ${bytes.length} bytes; Lambda takes at most ${limit} with kind "${kind}".`)
  return { Payload: bytes }
}

/** What the function sees as client context, as Lambda takes it. */
export function encodeClientContext(context: Readonly<Record<string, unknown>> | undefined): string | undefined {
  return context === undefined ? undefined : Buffer.from(JSON.stringify(context)).toString('base64')
}
