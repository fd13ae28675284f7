import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, content, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Puts a resource with PUT. */
export const put = operation({
  description: 'Puts a resource with PUT.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ ...target(), ...content(), ...wanted() })),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, { ...input, method: 'PUT' }, context),
})
