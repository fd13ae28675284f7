import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Reads a resource with GET. */
export const get = operation({
  description: 'Reads a resource with GET.',
  effect: 'read',
  input: schema(() => z.strictObject({ ...target(), ...wanted() })),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, { ...input, method: 'GET' }, context),
})
