import { operation, schema } from '@casare/core'
import { body } from '@casare/core/zod'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Streams bytes to the API; memory holds one chunk at a time. */
export const upload = operation({
  description: 'Uploads bytes of any length as a stream.',
  effect: ({ method }) => (method === 'PUT' ? 'idempotent' : 'unsafe'),
  input: schema(() =>
    z.strictObject({
      ...target(),
      method: z.enum(['PUT', 'POST']).default('PUT').describe('PUT replaces, and may be repeated; POST adds.'),
      body: body('What to upload. Give a function that opens a stream, a Blob or a file to make the call repeatable.'),
      contentType: z.string().min(1).default('application/octet-stream').describe('Media type of the bytes.'),
      ...wanted(),
      expect: wanted().expect.default('none'),
    }),
  ),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, { contentType, headers, ...input }, context) =>
    send(client, { ...input, headers: { ...headers, 'content-type': contentType } }, context),
})
