import { invalidInput } from '@casare/core'

/** One step of a DN: attributes and their values, most often one. */
export type NamePart = Readonly<Record<string, string>>
/** A DN: from its parts, the entry's own first; or as text, as the directory gave it. */
export type DnInput = string | readonly NamePart[]

const attributeType = '(?:[A-Za-z][A-Za-z0-9-]*|\\d+(?:\\.\\d+)+)'
const attributeName = new RegExp(`^${attributeType}$`)
const pair = '\\\\(?:[ "#+,;<=>\\\\]|[0-9A-Fa-f]{2})'
const valueText = `(?:#(?:[0-9A-Fa-f]{2})+|(?:[^\\0"+,;<>\\\\]|${pair})*)`
const step = new RegExp(`${attributeType} *= *${valueText}(?:\\+ *${attributeType} *= *${valueText})*`, 'y')

/** A value within a DN: every special character by its number, so that no later reader can mistake it (RFC 4514, 2.4). */
export function escapeValue(value: string): string {
  const escaped = value.replace(/[\0"+,;<=>\\]/g, hex)
  return escaped.replace(/^[ #]/, hex).replace(/ $/, hex)
}

function hex(character: string): string {
  return `\\${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`
}

/**
 * One step as text.
 * @throws `invalid_input` for a name that is no attribute, and for an empty value.
 */
export function namePartText(part: NamePart): string {
  const entries = Object.entries(part)
  if (entries.length === 0) throw invalidInput('A part of a DN needs an attribute and its value.')
  return entries
    .map(([name, value]) => {
      if (!attributeName.test(name)) throw invalidInput(`"${name}" is no attribute that a DN can have.`)
      if (value === '') throw invalidInput(`The value of ${name} within a DN must not be empty.`)
      return `${name}=${escapeValue(value)}`
    })
    .join('+')
}

/**
 * A DN as text (RFC 4514). Values within parts are escaped; a text must be a whole DN and is taken as it is.
 * @throws `invalid_input` for what is no DN.
 */
export function dnText(dn: DnInput): string {
  if (typeof dn !== 'string') return dn.map(namePartText).join(',')
  if (!isDn(dn))
    throw invalidInput('This is no DN (RFC 4514); one from values is given by its parts: [{ uid: "x" }, …].')
  return dn
}

/** Is it a DN of at least one step? */
export function isDn(text: string): boolean {
  for (let at = 0; ;) {
    while (text[at] === ' ') at += 1
    step.lastIndex = at
    const found = step.exec(text)
    if (found === null) return false
    at += found[0].length
    if (at === text.length) return true
    if (text[at] !== ',') return false
    at += 1
  }
}

/** The same for the usual spellings of one DN: for telling entries apart, not for sending. */
export function dnKey(dn: string): string {
  return dn.toLowerCase().replace(/ *(?<!\\)([,=+]) */g, '$1')
}

/** What is above the entry of this DN; empty at the top. */
export function parentOf(dn: string): string[] {
  const found = /^(?:\\.|[^\\,])*,/s.exec(dn)
  return found === null ? [] : [dn.slice(found[0].length)]
}
