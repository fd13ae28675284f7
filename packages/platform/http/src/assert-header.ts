import { invalidInput } from '@casare/core'

/** A token of RFC 9110, 5.6.2. */
const namePattern = /^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/
/** Anything but visible ASCII, space, tab and obs-text: above all CR, LF and NUL, which would begin a header of their own. */
const badValue = /[^\t\x20-\x7e\x80-\xff]/

/** The framing of a message is the client's own business (RFC 9112, 6). */
const ownFields = new Set(['content-length', 'transfer-encoding', 'connection', 'host', 'keep-alive', 'upgrade', 'te'])

/**
 * Refuses header fields that could smuggle another one in.
 * @throws `invalid_input`, naming the field and never its value.
 */
export function assertHeader(name: string, value: string): void {
  if (!namePattern.test(name)) throw invalidInput(`Header name ${JSON.stringify(name.slice(0, 60))} is not a token.`)
  if (ownFields.has(name)) throw invalidInput(`Header ${name} is set by the client itself; leave it out.`)
  if (typeof value !== 'string') throw invalidInput(`Header ${name} must be a string.`)
  if (badValue.test(value))
    throw invalidInput(`Header ${name} contains a line break or another character that a header cannot carry.`)
}

/**
 * Header fields with lower-case names, checked.
 * @throws `invalid_input` as `assertHeader` does.
 */
export function addHeaders(target: Record<string, string>, source: Readonly<Record<string, string>>): void {
  for (const name in source) {
    const value = source[name]
    if (value === undefined) continue
    const field = name.toLowerCase()
    assertHeader(field, value)
    target[field] = value
  }
}
