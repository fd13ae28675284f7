import type { LambdaClient } from '@aws-sdk/client-lambda'
import { operation, schema } from '@casare/core'
import { bytes } from '@casare/core/zod'
import { z } from 'zod'
import { functionName, qualifier } from '../function-name.ts'
import { encodeClientContext, encodePayload } from '../payload.ts'
import { streamedBody } from '../streamed-body.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html */
export const invokeStreaming = operation({
  description: 'Invokes a function and gives its answer as a stream of bytes, while it is made.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      function: functionName(),
      qualifier: qualifier(),
      payload: z.unknown().optional().describe('JSON; 6 MB at most. Default: none.'),
      clientContext: z.record(z.string(), z.unknown()).optional().describe('What the function sees as client context.'),
      maxBytes: z
        .number()
        .int()
        .min(1)
        .max(209_715_200)
        .default(209_715_200)
        .describe('A longer answer ends in an error. Default: the 200 MiB that Lambda allows.'),
    }),
  ),
  output: schema(() =>
    z.object({
      status: z.number().int(),
      contentType: z.string().optional().describe('As the function has set it.'),
      version: z.string().optional().describe('The version that was run.'),
      body: bytes('The answer. It ends in an error where the function fails on its way, or the connection breaks.'),
    }),
  ),
  errors: ['not_found', 'invalid_input'],
  async run(client: LambdaClient, input, { signal }) {
    const { InvokeWithResponseStreamCommand } = await import('@aws-sdk/client-lambda')
    const command = new InvokeWithResponseStreamCommand({
      FunctionName: input.function,
      Qualifier: input.qualifier,
      ...encodePayload(input.payload, 'request'),
      ClientContext: encodeClientContext(input.clientContext),
    })
    // The SDK hands out events, and not the answer that they come from, which has to be ended.
    let end = (_error?: Error): void => undefined
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        const { body } = result.response as { body?: { destroy?: (error?: Error) => void } }
        end = (error) => body?.destroy?.(error)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'casareAnswer' },
    )
    const answer = await client.send(command, { abortSignal: signal })
    signal.addEventListener('abort', () => end(signal.reason as Error), { once: true })
    const { StatusCode: status = 200, ResponseStreamContentType: contentType, ExecutedVersion: version } = answer
    return {
      status,
      ...(contentType === undefined ? {} : { contentType }),
      ...(version === undefined ? {} : { version }),
      body: streamedBody(answer.EventStream, { name: input.function, maxBytes: input.maxBytes, end: () => end() }),
    }
  },
})
