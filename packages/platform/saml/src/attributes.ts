import { assertionNamespace } from './names.ts'
import { refuse } from './refusals.ts'
import { attributeOf, childrenOf, elementsOf, textOf, type XmlElement } from './xml/xml-element.ts'

/** One attribute of ours: the name of theirs, or more about it. */
export type AttributeSource =
  | string
  | {
      /** The attribute's `Name` in assertions. */
      readonly name: string
      /** All values, as a list; empty where there is none. Default: the first value, or `undefined`. */
      readonly list?: boolean | undefined
      /** A login without it is refused. Default: false. */
      readonly required?: boolean | undefined
    }

/** Our names -> their attributes. */
export type AttributeMapping = Readonly<Record<string, AttributeSource>>

/** The mapped attributes. */
export type MappedAttributes<Mapping extends AttributeMapping> = AttributeMapping extends Mapping
  ? Readonly<Record<string, readonly string[]>>
  : {
      readonly [Key in keyof Mapping]: Mapping[Key] extends { readonly list: true }
        ? readonly string[]
        : Mapping[Key] extends { readonly required: true }
          ? string
          : string | undefined
    }

/** All attributes of an assertion by their `Name`. */
export function readAttributes(assertion: XmlElement): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const statement of childrenOf(assertion, assertionNamespace, 'AttributeStatement')) {
    for (const attribute of childrenOf(statement, assertionNamespace, 'Attribute')) {
      const name = attributeOf(attribute, 'Name')
      if (name === undefined) continue
      const values = found.get(name) ?? []
      for (const value of childrenOf(attribute, assertionNamespace, 'AttributeValue')) {
        const text = valueOf(value)
        if (text !== undefined) values.push(text)
      }
      found.set(name, values)
    }
  }
  return found
}

/** Text, or the text of a NameID (eduPersonTargetedID); other structures are left out. */
function valueOf(value: XmlElement): string | undefined {
  const [inner, second] = elementsOf(value)
  if (inner === undefined) return textOf(value)
  const isName = inner.namespace === assertionNamespace && inner.localName === 'NameID'
  return isName && second === undefined ? textOf(inner) : undefined
}

/** @throws `unauthenticated` where a required attribute is missing */
export function mapAttributes(
  found: ReadonlyMap<string, readonly string[]>,
  mapping: AttributeMapping | undefined,
): Readonly<Record<string, string | readonly string[] | undefined>> {
  if (mapping === undefined) return Object.fromEntries(found)
  return Object.fromEntries(
    Object.entries(mapping).map(([ours, source]) => {
      const { name, list = false, required = false } = typeof source === 'string' ? { name: source } : source
      const values = found.get(name) ?? []
      if (required && values.length === 0) throw refuse('missing_attribute', ours)
      return [ours, list ? values : values[0]]
    }),
  )
}
