import { bytes } from '@casare/core/zod'
import { z } from 'zod'
import { attributeSchema } from './dn-schema.ts'

/** Bytes that are read are never a stream. */
const octets = () => bytes() as unknown as z.ZodType<Uint8Array>

/** An entry as it is read. */
export const entrySchema = () =>
  z.object({
    dn: z.string().describe('Its DN, as the directory writes it.'),
    attributes: z
      .record(z.string(), z.array(z.union([z.string(), octets()])))
      .describe('Each attribute with its values: text, or bytes where they are no text. Passwords are left out.'),
  })

/** Values of an attribute in an input: texts, or bytes. */
export const valuesSchema = () => z.array(z.union([z.string().max(10_485_760), bytes()])).max(100_000)

/** Attributes and their values in an input. */
export const attributesSchema = () => z.record(attributeSchema(), valuesSchema())

/** The attributes to read. */
export const attributeListSchema = () =>
  z
    .array(z.union([attributeSchema(), z.enum(['*', '+', '1.1'])]))
    .max(1_000)
    .default(['*'])
    .describe('The attributes to read; * stands for all, + for operational ones, 1.1 for none. Default: *.')
