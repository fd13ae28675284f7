import { unescapeXml } from './escape-xml.ts'
import { XmlProblem } from './xml-element.ts'

/** A start tag as written. */
export interface StartTag {
  readonly start: number
  readonly name: string
  readonly nameEnd: number
  readonly attributes: readonly (readonly [name: string, value: string])[]
  readonly empty: boolean
  readonly end: number
}

/** Of one element, namespaces included; no SAML message comes near it. */
const maxAttributes = 64
const qualifiedName = '[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?'
const declaration = /<\?xml\s+version\s*=\s*(?:"1\.0"|'1\.0')([^?<>]*)\?>/y
const encoding = /encoding\s*=\s*["']([^"']*)["']/
const tagBeginning = new RegExp(`<(${qualifiedName})`, 'y')
const attribute = new RegExp(`\\s+(${qualifiedName})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const tagEnd = /\s*(\/?)>/y
const characters = /[^<]+/y
const whitespace = /\s*/y
const skipped = /<!--(?:(?!--)[^])*-->|<\?(?!xml[\s?])(?:(?!\?>)[^])*\?>/y
const cdata = /<!\[CDATA\[((?:(?!\]\]>)[^])*)\]\]>/y
/** What XML 1.0 has no place for. */
const forbidden =
  /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Goes through the text from token to token. */
export class Scanner {
  readonly #source: string
  readonly #strict: boolean
  position = 0

  constructor(source: string, mode: 'strict' | 'documents') {
    if (forbidden.test(source)) throw new XmlProblem('A character that XML does not know')
    this.#source = source
    this.#strict = mode === 'strict'
  }

  atEnd(): boolean {
    return this.position >= this.#source.length
  }

  /** The XML declaration, which may only say UTF-8. */
  prolog(): void {
    if (this.#source.startsWith('\uFEFF')) this.position = 1
    const rest = this.#match(declaration)?.[1]
    const named = rest === undefined ? undefined : encoding.exec(rest)?.[1]
    if (named !== undefined && named.toLowerCase() !== 'utf-8') throw new XmlProblem('Another encoding than UTF-8')
    this.#space()
  }

  isStartTag(): boolean {
    tagBeginning.lastIndex = this.position
    return tagBeginning.test(this.#source)
  }

  startTag(): StartTag {
    const start = this.position
    const name = this.#match(tagBeginning)?.[1] ?? broken()
    const nameEnd = this.position
    const attributes = new Map<string, string>()
    for (let found = this.#match(attribute); found !== undefined; found = this.#match(attribute)) {
      const [, attributeName = '', double, single] = found
      if (attributes.size >= maxAttributes) throw new XmlProblem('Too many attributes')
      if (attributes.has(attributeName)) throw new XmlProblem('An attribute is there twice')
      attributes.set(attributeName, unescapeXml((double ?? single ?? '').replace(/\r\n|[\t\n\r]/g, ' ')))
    }
    const empty = (this.#match(tagEnd) ?? broken())[1] === '/'
    return { start, name, nameEnd, attributes: [...attributes], empty, end: this.position }
  }

  /** Reads the end tag of this name where one is next. */
  endTag(name: string): boolean {
    if (!this.#source.startsWith('</', this.position)) return false
    const after = this.position + 2 + name.length
    if (!this.#source.startsWith(name, this.position + 2)) broken()
    this.position = after
    if ((this.#match(tagEnd) ?? broken())[1] === '/') broken()
    return true
  }

  /** Reads text up to the next tag. */
  text(): string {
    const raw = this.#match(characters)?.[0]
    if (raw !== undefined) {
      if (raw.includes(']]>')) broken()
      return unescapeXml(raw.replace(/\r\n?/g, '\n'))
    }
    if (!this.#strict) {
      const section = this.#match(cdata)
      if (section !== undefined) return (section[1] ?? '').replace(/\r\n?/g, '\n')
      if (this.#match(skipped) !== undefined) return ''
    }
    return this.#refuse()
  }

  /** Reads what may follow the root element. */
  nothingMore(): void {
    this.#space()
    if (!this.atEnd()) throw new XmlProblem('Something follows the root element')
  }

  #space(): void {
    this.#match(whitespace)
    while (!this.#strict && this.#match(skipped) !== undefined) this.#match(whitespace)
    if (this.#source.startsWith('<!', this.position) || this.#source.startsWith('<?', this.position)) this.#refuse()
  }

  #refuse(): never {
    const { position } = this
    if (/^<!(?:DOCTYPE|ENTITY)/i.test(this.#source.slice(position, position + 9))) {
      throw new XmlProblem('A document type')
    }
    throw new XmlProblem(this.#source.startsWith('<!', position) ? 'A comment or CDATA section' : 'Broken markup')
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.position
    const found = pattern.exec(this.#source)
    if (found === null) return undefined
    this.position += found[0].length
    return found
  }
}

function broken(): never {
  throw new XmlProblem('Broken markup')
}
