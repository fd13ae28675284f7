import type { LambdaClient } from '@aws-sdk/client-lambda'
import { operation, schema } from '@casare/core'
import { z } from 'zod'
import { functionName, qualifier } from '../function-name.ts'
import { functionFacts, functionFields } from '../function-facts.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html */
export const getFunction = operation({
  description: 'What Lambda knows of a function; never its environment variables.',
  effect: 'read',
  input: schema(() => z.strictObject({ function: functionName(), qualifier: qualifier() })),
  output: schema(() => z.object(functionFields())),
  errors: ['not_found'],
  async run(client: LambdaClient, input, { signal }) {
    const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda')
    return functionFacts(
      await client.send(
        new GetFunctionConfigurationCommand({ FunctionName: input.function, Qualifier: input.qualifier }),
        { abortSignal: signal },
      ),
    )
  },
})
