import type { LambdaClient } from '@aws-sdk/client-lambda'
import { invalidInput, operation, schema } from '@casare/core'
import { z } from 'zod'
import { functionName, qualifier } from '../function-name.ts'

/** The largest payloads, in bytes (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const maxPayloadBytes = { request: 6_291_456, event: 1_048_576, dryRun: 6_291_456 } as const
const invocationTypes = { request: 'RequestResponse', event: 'Event', dryRun: 'DryRun' } as const

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invoke = operation({
  description: 'Invokes a function: waits for its answer, hands an event over, or tries whether it may be invoked.',
  effect: ({ kind }) => (kind === 'dryRun' ? 'read' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      function: functionName(),
      qualifier: qualifier(),
      kind: z
        .enum(['request', 'event', 'dryRun'])
        .default('request')
        .describe('Waits for the answer, leaves an event with Lambda, or only checks the rights. Default: request.'),
      payload: z.unknown().optional().describe('JSON; 6 MB at most, 1 MB for events. Default: none.'),
      clientContext: z.record(z.string(), z.unknown()).optional().describe('What the function sees as client context.'),
      logTail: z.boolean().default(false).describe('Asks for the last 4 KB of the log; not for events.'),
    }),
  ),
  output: schema(() =>
    z.object({
      status: z.number().int().describe('200 with an answer, 202 for an event, 204 for a dry run.'),
      payload: z.unknown().optional().describe("The function's answer; absent where it failed."),
      functionError: z
        .object({
          kind: z.string().describe('Handled or Unhandled.'),
          type: z.string().optional(),
          message: z.string().optional(),
          stack: z.array(z.string()).describe("The function's own stack."),
        })
        .optional()
        .describe('How the function failed; it has run, and the call itself succeeded.'),
      log: z.string().optional().describe('The last 4 KB of its log.'),
      version: z.string().optional().describe('The version that was run.'),
    }),
  ),
  errors: ['not_found', 'invalid_input'],
  async run(client: LambdaClient, input, { signal }) {
    const { InvokeCommand } = await import('@aws-sdk/client-lambda')
    const { kind, clientContext, logTail } = input
    const payload = input.payload === undefined ? undefined : Buffer.from(JSON.stringify(input.payload))
    const limit = maxPayloadBytes[kind]
    if (payload !== undefined && payload.length > limit)
      throw invalidInput(`payload: it has ${payload.length} bytes; Lambda takes at most ${limit} with kind "${kind}".`)
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: input.function,
        Qualifier: input.qualifier,
        InvocationType: invocationTypes[kind],
        ...(payload === undefined ? {} : { Payload: payload }),
        LogType: logTail && kind === 'request' ? 'Tail' : 'None',
        ClientContext:
          clientContext === undefined ? undefined : Buffer.from(JSON.stringify(clientContext)).toString('base64'),
      }),
      { abortSignal: signal },
    )
    const text = answer.Payload == null ? '' : Buffer.from(answer.Payload).toString('utf8')
    const value = text === '' ? undefined : parsed(text)
    return {
      status: answer.StatusCode ?? 200,
      ...(answer.FunctionError === undefined
        ? value === undefined
          ? {}
          : { payload: value }
        : { functionError: functionErrorOf(answer.FunctionError, value) }),
      ...(answer.LogResult === undefined ? {} : { log: Buffer.from(answer.LogResult, 'base64').toString('utf8') }),
      ...(answer.ExecutedVersion === undefined ? {} : { version: answer.ExecutedVersion }),
    }
  },
})

/** A function of a custom runtime may answer with what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function functionErrorOf(kind: string, value: unknown) {
  const { errorType, errorMessage, trace, stackTrace } = (typeof value === 'object' && value !== null ? value : {}) as {
    errorType?: unknown
    errorMessage?: unknown
    trace?: unknown
    stackTrace?: unknown
  }
  const lines = Array.isArray(trace) ? trace : Array.isArray(stackTrace) ? stackTrace : []
  return {
    kind,
    ...(typeof errorType === 'string' ? { type: errorType } : {}),
    ...(typeof errorMessage === 'string'
      ? { message: errorMessage }
      : typeof value === 'string'
        ? { message: value }
        : {}),
    stack: lines.map(String),
  }
}
