/** Names that no operation, stream or session may have: they belong to the connection, to promises or to the language. */
export const reservedNames = [
  '$',
  'close',
  'client',
  'then',
  'catch',
  'finally',
  'constructor',
  'toJSON',
  '__proto__',
] as const

/** One of the reserved names. */
export type ReservedName = (typeof reservedNames)[number]
