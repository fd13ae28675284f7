import { Scanner } from './scanner.ts'
import { XmlProblem, type XmlAttribute, type XmlElement } from './xml-element.ts'

/** Limits and leniency of a reading. */
export interface ReadXmlOptions {
  /**
   * `strict` refuses comments, CDATA and processing instructions; `documents` skips them, for files that people edit.
   * Document types and entities are refused by both.
   */
  readonly mode: 'strict' | 'documents'
  /** The most elements and attributes together. */
  readonly maxNodes: number
}

/** Deeper than this no SAML message goes; the readers below it may recurse. */
const maxDepth = 48
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'

/**
 * Reads the part of XML 1.0 with namespaces (https://www.w3.org/TR/xml/, https://www.w3.org/TR/xml-names/) that canonical
 * XML consists of: elements, attributes, text, the five predefined entities and character references. What a reader could
 * understand differently from the one that checks signatures is refused rather than interpreted.
 *
 * @throws `XmlProblem`
 */
export function readXml(source: string, options: ReadXmlOptions): XmlElement {
  const scanner = new Scanner(source, options.mode)
  scanner.prolog()
  const open: Builder[] = []
  let root: Builder | undefined
  let count = 0
  while (!scanner.atEnd()) {
    const top = open.at(-1)
    if (top === undefined && root !== undefined) scanner.nothingMore()
    else if (top !== undefined && scanner.endTag(top.element.name)) {
      top.element.end = scanner.position
      open.pop()
    } else if (scanner.isStartTag()) {
      if (open.length >= maxDepth) throw new XmlProblem('Elements too deep')
      const { builder, empty } = startOf(scanner, top?.element.scope ?? rootScope)
      count += 1 + builder.element.attributes.length + builder.element.declared.size
      if (count > options.maxNodes) throw new XmlProblem('Too many elements')
      top?.element.content.push(builder.element)
      root ??= builder
      if (!empty) open.push(builder)
    } else if (top === undefined) throw new XmlProblem('Text outside of the root element')
    else top.text(scanner.text())
  }
  if (root === undefined || open.length > 0) throw new XmlProblem('The text ends too early')
  return root.element
}

const rootScope: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['xml', xmlNamespace],
])

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

class Builder {
  readonly element: Mutable<Omit<XmlElement, 'content'>> & { content: (XmlElement | string)[] }

  constructor(element: Omit<XmlElement, 'content'>) {
    this.element = { ...element, content: [] }
  }

  text(text: string): void {
    const { content } = this.element
    const last = content.at(-1)
    if (typeof last === 'string') content[content.length - 1] = last + text
    else if (text !== '') content.push(text)
  }
}

function startOf(scanner: Scanner, outer: ReadonlyMap<string, string>): { builder: Builder; empty: boolean } {
  const { start, name, nameEnd, attributes: written, empty, end } = scanner.startTag()
  const declared = new Set<string>()
  let scope = outer
  const declare = (prefix: string, namespace: string): void => {
    if (prefix === 'xml' || prefix === 'xmlns' || namespace === xmlNamespace || namespace === xmlnsNamespace) {
      throw new XmlProblem('A reserved namespace is declared')
    }
    if (namespace === '' && prefix !== '') throw new XmlProblem('A prefix without a namespace')
    if (declared.size === 0) scope = new Map(outer)
    declared.add(prefix)
    ;(scope as Map<string, string>).set(prefix, namespace)
  }
  for (const [attribute, value] of written) {
    if (attribute === 'xmlns') declare('', value)
    else if (attribute.startsWith('xmlns:')) declare(attribute.slice(6), value)
  }
  const attributes: XmlAttribute[] = []
  const seen = new Set<string>()
  for (const [attribute, value] of written) {
    if (attribute === 'xmlns' || attribute.startsWith('xmlns:')) continue
    const { namespace, localName } = resolve(attribute, scope, '')
    if (seen.has(`${localName} ${namespace}`)) throw new XmlProblem('An attribute is there twice')
    seen.add(`${localName} ${namespace}`)
    attributes.push({ name: attribute, localName, namespace, value })
  }
  const { namespace, localName } = resolve(name, scope, scope.get('') ?? '')
  const element = { name, localName, namespace, attributes, start, end, nameEnd, scope, declared }
  return { builder: new Builder(element), empty }
}

function resolve(
  name: string,
  scope: ReadonlyMap<string, string>,
  unprefixed: string,
): { namespace: string; localName: string } {
  const colon = name.indexOf(':')
  if (colon === -1) return { namespace: unprefixed, localName: name }
  const namespace = scope.get(name.slice(0, colon))
  if (namespace === undefined) throw new XmlProblem('A prefix that is not declared')
  return { namespace, localName: name.slice(colon + 1) }
}
