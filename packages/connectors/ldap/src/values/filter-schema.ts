import { z } from 'zod'
import { attributeSchema } from './dn-schema.ts'
import type { FilterInput } from './filter.ts'

const value = () => z.string().min(1).max(65_536)
const comparison = () => z.tuple([attributeSchema(), value()])

export const filterSchema = (): z.ZodType<FilterInput, FilterInput> => {
  const filter: z.ZodType<FilterInput, FilterInput> = z
    .lazy(() =>
      z.union([
        z.strictObject({ and: z.array(filter).min(1).max(1_000) }),
        z.strictObject({ or: z.array(filter).min(1).max(1_000) }),
        z.strictObject({ not: filter }),
        z.strictObject({ present: attributeSchema() }),
        z.strictObject({ equals: comparison() }),
        z.strictObject({ approximately: comparison() }),
        z.strictObject({ startsWith: comparison() }),
        z.strictObject({ contains: comparison() }),
        z.strictObject({ endsWith: comparison() }),
        z.strictObject({ greaterOrEqual: comparison() }),
        z.strictObject({ lessOrEqual: comparison() }),
        z.strictObject({
          matches: z.strictObject({
            attribute: attributeSchema(),
            rule: z.string().regex(/^\d+(?:\.\d+)+$/, 'must be the OID of a matching rule'),
            value: value(),
          }),
        }),
      ]),
    )
    .meta({ id: 'LdapFilter' })
  return filter
}
