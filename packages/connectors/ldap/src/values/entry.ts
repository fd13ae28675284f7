/** An entry of the directory: its DN and its attributes, passwords left out. */
export interface LdapEntry {
  readonly dn: string
  readonly attributes: Record<string, (string | Uint8Array)[]>
}
