import { schema } from '@casare/core'
import { body } from '@casare/core/zod'
import { z } from 'zod'

const parameter = () => z.union([z.string(), z.number(), z.boolean()])
const parameters = () => z.record(z.string(), z.union([parameter(), z.null(), z.array(parameter())]))

/** Where a request goes; part of every input. */
export const target = () => ({
  path: z.string().describe('Path below baseUrl. {name} is filled from values.'),
  values: z
    .record(z.string(), z.union([z.string(), z.number()]))
    .optional()
    .describe('Values of the {name} parts of the path, encoded as one segment each.'),
  query: parameters().optional().describe('Parameters; a list repeats its name.'),
  headers: z.record(z.string(), z.string()).optional().describe('Further header fields of this request.'),
})

/** What a request carries; at most one of the three. */
export const content = () => ({
  json: z.unknown().optional().describe('A JSON body.'),
  form: parameters().optional().describe('A body of application/x-www-form-urlencoded.'),
  body: body('Any other body; its type goes into headers as content-type.').optional(),
})

/** What is wanted back. */
export const wanted = () => ({
  expect: z
    .enum(['json', 'text', 'bytes', 'none'])
    .default('json')
    .describe('The form of the answer: parsed JSON, text, bytes, or nothing.'),
  okStatuses: z
    .array(z.number().int().min(100).max(599))
    .min(1)
    .optional()
    .describe('Statuses that are not errors. Default: 200 to 299.'),
})

/** Header fields of an answer, lower-case names. */
export const answerHeaders = () =>
  z.record(z.string(), z.union([z.string(), z.array(z.string())])).describe('Header fields, lower-case names.')

/** An answer. */
export const answer = schema(() =>
  z.object({
    status: z.number().int().describe('Status code.'),
    headers: answerHeaders(),
    body: z.unknown().describe('The body in the form that was expected; absent where there is none.'),
  }),
)

/** Codes that any request can end with. */
export const requestErrors = [
  'invalid_input',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'conflict',
  'rate_limited',
  'timeout',
  'unavailable',
  'unsupported',
  'internal',
] as const
