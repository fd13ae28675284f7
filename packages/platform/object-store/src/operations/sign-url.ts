import { operation, schema, type Secret } from '@casare/core'
import { secret } from '@casare/core/zod'
import { z } from 'zod'
import type { ObjectDriver } from '../driver.ts'
import { addressFields } from '../fields.ts'

const weekMs = 7 * 24 * 3_600_000

const input = schema(() =>
  z.strictObject({
    ...addressFields(),
    method: z.enum(['GET', 'PUT']).default('GET').describe('What the URL allows: to read or to write.'),
    expiresMs: z
      .number()
      .int()
      .min(1_000)
      .max(weekMs)
      .default(900_000)
      .describe('How long the URL works, in milliseconds: a second to a week. Default 15 minutes.'),
    contentType: z
      .string()
      .min(1)
      .regex(/^[\x20-\x7e]*$/)
      .optional()
      .describe('For PUT: the media type that the upload must have.'),
    contentDisposition: z
      .string()
      .min(1)
      .regex(/^[\x20-\x7e]*$/)
      .optional()
      .describe('For GET: the header that the answer will have.'),
  }),
)
const output = schema(() =>
  z.object({ url: secret('Whoever has it can use it.'), expiresAt: z.string().describe('ISO 8601.') }),
)

/** Makes a URL that works without credentials until it expires; it is a secret. */
export function signUrlOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Makes a URL that reads or writes one object without credentials until it expires.',
    effect: 'read',
    input,
    output,
    async run(client: Client, request, context) {
      const expiresAt = new Date(Date.now() + request.expiresMs).toISOString()
      const url: Secret = await driver.sign(client, request, context)
      context.redactor.add(url)
      return { url, expiresAt }
    },
  })
}
