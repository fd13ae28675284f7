import { escapeXml } from '../xml/escape-xml.ts'
import type { XmlElement } from '../xml/xml-element.ts'

/** An element's own text with the namespaces that it inherits: a document by itself, on which its signature still holds. */
export function standalone(source: string, element: XmlElement): string {
  const inherited = [...element.scope]
    .filter(([prefix, namespace]) => prefix !== 'xml' && namespace !== '' && !element.declared.has(prefix))
    .map(([prefix, namespace]) => ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escapeXml(namespace)}"`)
  return source.slice(element.start, element.nameEnd) + inherited.join('') + source.slice(element.nameEnd, element.end)
}
