/** An attribute, its value unescaped. */
export interface XmlAttribute {
  /** As written, with its prefix. */
  readonly name: string
  readonly localName: string
  /** Empty where it has no prefix. */
  readonly namespace: string
  readonly value: string
}

/** An element as the strict reader hands it out. */
export interface XmlElement {
  /** As written, with its prefix. */
  readonly name: string
  readonly localName: string
  /** Empty where there is none. */
  readonly namespace: string
  /** Without namespace declarations. */
  readonly attributes: readonly XmlAttribute[]
  /** Elements and text, in order; text that follows text is one. */
  readonly content: readonly (XmlElement | string)[]
  /** Where it begins and ends in the text that was read, and where the name in its start tag ends. */
  readonly start: number
  readonly end: number
  readonly nameEnd: number
  /** The prefixes in scope, declared here or above. */
  readonly scope: ReadonlyMap<string, string>
  /** The prefixes declared on this very element. */
  readonly declared: ReadonlySet<string>
}

/** The child elements. */
export function elementsOf(element: XmlElement): XmlElement[] {
  return element.content.filter((one) => typeof one !== 'string')
}

/** The child elements of a name. */
export function childrenOf(element: XmlElement, namespace: string, localName: string): XmlElement[] {
  return elementsOf(element).filter((one) => one.namespace === namespace && one.localName === localName)
}

/** The only child element of a name, or `undefined`; two of them make the message malformed. */
export function childOf(element: XmlElement, namespace: string, localName: string): XmlElement | undefined {
  const [first, second] = childrenOf(element, namespace, localName)
  if (second !== undefined) throw new XmlProblem(`More than one ${localName}`)
  return first
}

/** An attribute without a namespace. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((one) => one.name === name)?.value
}

/** The text of an element that holds nothing else. */
export function textOf(element: XmlElement): string {
  if (elementsOf(element).length > 0) throw new XmlProblem(`Elements within ${element.localName}`)
  return element.content.filter((one) => typeof one === 'string').join('')
}

/** The element and all below it. */
export function* descendantsOf(element: XmlElement): Generator<XmlElement> {
  yield element
  for (const child of elementsOf(element)) yield* descendantsOf(child)
}

/** Text that is not the XML we read; the message names the rule and never the text. */
export class XmlProblem extends Error {}
