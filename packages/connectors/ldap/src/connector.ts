import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { entries } from './streams/entries.ts'

/** Directories that speak LDAP: OpenLDAP, Active Directory and others. */
export const ldap = defineConnector({
  name: 'ldap',
  title: 'LDAP',
  category: 'identity',
  contractVersion: 1,
  description: 'Entries, logins and groups of directories that speak LDAP: OpenLDAP, Active Directory and others.',
  config,
  uses: ['pool', 'tls', 'egress'],
  open,
  close,
  check,
  toError,
  operations,
  streams: {
    /** Entries of the directory. */
    entries,
  },
})
