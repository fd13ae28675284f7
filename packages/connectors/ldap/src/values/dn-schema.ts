import { z } from 'zod'
import { isDn } from './dn.ts'

/** A DN in a config: text. `orUser` lets Active Directory's user@domain through. */
export const dnSchema = (description: string, orUser = false) =>
  z
    .string()
    .max(8_192)
    .refine((text) => isDn(text) || (orUser && /^[^\s=,\\@]+@[^\s=,\\@]+$/.test(text)), 'must be a DN (RFC 4514)')
    .describe(description)

/** One step of a DN in an input. */
export const namePartSchema = () => z.record(z.string().min(1).max(256), z.string().min(1).max(4_096))

/** A DN in an input: by its parts, or as the directory gave it. */
export const dnInput = (
  description = 'The entry: its DN, by parts with values of any text, or as the directory gave it.',
) =>
  z
    .union([
      z.string().min(1).max(8_192).refine(isDn, 'must be a DN (RFC 4514), or its parts'),
      z.array(namePartSchema()).min(1).max(100),
    ])
    .describe(description)

/** The description of an attribute: its name or OID, with options. */
export const attributeSchema = () =>
  z
    .string()
    .max(256)
    .regex(/^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*$/, 'must be the name of an attribute')
