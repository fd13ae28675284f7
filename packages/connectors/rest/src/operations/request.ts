import { operation, schema } from '@casare/core'
import { z } from 'zod'
import type { RestClient } from '../client.ts'
import { answer, content, requestErrors, target, wanted } from './fields.ts'
import { send } from './send.ts'

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Sends any request. What repeating it does is not known: state `{ effect }` beside the input where you know. */
export const request = operation({
  description: 'Sends a request with any method.',
  effect: 'unsafe',
  input: schema(() =>
    z.strictObject({
      method: z.enum(methods).default('GET').describe('Method (RFC 9110).'),
      ...target(),
      ...content(),
      ...wanted(),
    }),
  ),
  output: answer,
  errors: requestErrors,
  run: (client: RestClient, input, context) => send(client, input, context),
})
