import type { SearchEntry } from 'ldapts'
import type { LdapEntry } from './entry.ts'

/** Attributes whose values are bytes even where they happen to be text (RFC 2798, RFC 4523, MS-ADA). */
const binary = new Set(
  'jpegphoto photo thumbnailphoto thumbnaillogo audio objectguid objectsid sidhistory usercertificate cacertificate usersmimecertificate userpkcs12 certificaterevocationlist authorityrevocationlist crosscertificatepair x500uniqueidentifier ms-ds-consistencyguid ntsecuritydescriptor logonhours'.split(
    ' ',
  ),
)
/** Never handed out: whoever may read them has no use for them here. */
const withheld = new Set(['userpassword', 'unicodepwd', 'sambantpassword', 'sambalmpassword', 'krbprincipalkey'])

/** Is it a password? Such attributes are neither read nor written with the others. */
export function isPassword(attribute: string): boolean {
  return withheld.has(baseName(attribute))
}

/** An entry from the message that carries it. */
export function readEntry(message: SearchEntry): LdapEntry {
  // Made so that no name, however odd, means anything but an attribute.
  const attributes = Object.create(null) as LdapEntry['attributes']
  for (const { type, parsedBuffers } of message.attributes) {
    if (isPassword(type)) continue
    attributes[type] = [...(attributes[type] ?? []), ...valuesOf(type, parsedBuffers)]
  }
  const entries = Object.entries(attributes).filter(([name]) => name !== '__proto__')
  return { dn: message.name, attributes: Object.fromEntries(entries) }
}

function valuesOf(type: string, values: readonly Buffer[]): (string | Uint8Array)[] {
  if (!binary.has(baseName(type)) && !/;binary(?:;|$)/i.test(type)) {
    const texts = values.map(textOf)
    if (texts.every((text) => text !== undefined)) return texts
  }
  // Copies: the buffers are views of the whole answer, which would stay in memory with them.
  return values.map((value) => Uint8Array.from(value))
}

function textOf(value: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
  } catch {
    return undefined
  }
}

function baseName(attribute: string): string {
  return (attribute.split(';')[0] ?? '').toLowerCase()
}
