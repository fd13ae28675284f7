import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, content, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Deletes a resource with DELETE. */
export const deleteResource = operation({
  description: 'Deletes a resource with DELETE.',
  effect: 'idempotent',
  input: schema(() => z.strictObject({ ...target(), ...content(), ...wanted() })),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, { ...input, method: 'DELETE' }, context),
})
