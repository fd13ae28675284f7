import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, content, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Changes a resource with PATCH. */
export const patch = operation({
  description: 'Changes a resource with PATCH.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ ...target(), ...content(), ...wanted() })),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, { ...input, method: 'PATCH' }, context),
})
