import { XmlProblem } from './xml-element.ts'

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Replaces the five predefined entities and character references; any other entity is refused. */
export function unescapeXml(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&\s]{0,32});?/g, (whole, body: string) => {
    if (!whole.endsWith(';')) throw new XmlProblem('An entity that is none')
    const character = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(body)
    if (character !== null)
      return characterOf(parseInt(character[1] ?? character[2] ?? '', character[1] === undefined ? 10 : 16))
    const known = Object.hasOwn(predefined, body) ? predefined[body] : undefined
    if (known === undefined) throw new XmlProblem('An entity that is not predefined')
    return known
  })
}

/** https://www.w3.org/TR/xml/#charsets */
function characterOf(code: number): string {
  const allowed =
    code === 0x9 ||
    code === 0xa ||
    code === 0xd ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff)
  if (!allowed) throw new XmlProblem('A character that XML does not know')
  return String.fromCodePoint(code)
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** For text and attribute values, of XML and of HTML. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character)
}
