import type { LambdaClient } from '@aws-sdk/client-lambda'
import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { functionErrorOf, parsedAnswer } from '../function-error.ts'
import { functionName, qualifier } from '../function-name.ts'
import { encodeClientContext, encodePayload } from '../payload.ts'

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
    const answer = await client.send(
      new InvokeCommand({
        FunctionName: input.function,
        Qualifier: input.qualifier,
        InvocationType: invocationTypes[kind],
        ...encodePayload(input.payload, kind),
        LogType: logTail && kind === 'request' ? 'Tail' : 'None',
        ClientContext: encodeClientContext(clientContext),
      }),
      { abortSignal: signal },
    )
    const text = answer.Payload == null ? '' : Buffer.from(answer.Payload).toString('utf8')
    const value = text === '' ? undefined : parsedAnswer(text)
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
