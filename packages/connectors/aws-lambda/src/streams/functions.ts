import type { LambdaClient } from '@aws-sdk/client-lambda'
import { reads, schema, stream } from '@casare/core'
import { z } from 'zod'
import { functionFacts, functionFields } from '../function-facts.ts'

/** https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html */
export const functions = stream({
  description: 'The functions of a region.',
  read: reads({
    input: schema(() => z.strictObject({})),
    record: schema(() => z.object(functionFields())),
    cursor: schema(() => z.strictObject({ marker: z.string() })),
    identify: ({ arn, modifiedAt }) => ({ id: arn, version: modifiedAt }),
    async *pages(client: LambdaClient, _input, { cursor, maxRecords = 50, signal }) {
      const { ListFunctionsCommand } = await import('@aws-sdk/client-lambda')
      let marker = cursor?.marker ?? ''
      for (;;) {
        const { Functions = [], NextMarker } = await client.send(
          new ListFunctionsCommand({
            MaxItems: Math.min(maxRecords, 50),
            ...(marker === '' ? {} : { Marker: marker }),
          }),
          { abortSignal: signal },
        )
        marker = NextMarker ?? marker
        const last = NextMarker === undefined || NextMarker === ''
        yield { records: Functions.map(functionFacts), cursor: { marker }, last }
        if (last) return
      }
    },
  }),
})
