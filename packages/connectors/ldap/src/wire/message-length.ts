/** What every LDAP message begins with: a SEQUENCE (RFC 4511, 4.1.1). */
const sequence = 0x30

/**
 * The length of the message that begins here, its header included, in bytes.
 * @returns `undefined` where more bytes are needed to tell.
 * @throws where this is no LDAP message.
 */
export function messageLength(bytes: Uint8Array): number | undefined {
  const [tag, first] = bytes
  if (tag === undefined) return undefined
  if (tag !== sequence) throw new Error('what the server sent is not LDAP')
  if (first === undefined) return undefined
  if (first < 0x80) return 2 + first
  const count = first & 0x7f
  if (count < 1 || count > 4) throw new Error('what the server sent is not LDAP')
  if (bytes.length < 2 + count) return undefined
  let length = 0
  for (const byte of bytes.subarray(2, 2 + count)) length = length * 256 + byte
  return 2 + count + length
}
