import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, content, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

/** Sends data with POST. */
export const post = operation({
  description: 'Sends data with POST.',
  effect: 'unsafe',
  input: schema(() => z.strictObject({ ...target(), ...content(), ...wanted() })),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, { ...input, method: 'POST' }, context),
})
