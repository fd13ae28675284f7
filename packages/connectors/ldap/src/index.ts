export { ldap } from './connector.ts'
export type { LdapConfig } from './config.ts'
export type { Note } from './note.ts'
