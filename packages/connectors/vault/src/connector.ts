import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import * as operations from './operations/index.ts'
import { secretProvider } from './secret-provider.ts'
import { secrets } from './streams/secrets.ts'

/** HashiCorp Vault. */
export const vault = defineConnector({
  name: 'vault',
  title: 'HashiCorp Vault',
  category: 'secrets',
  contractVersion: 1,
  description:
    'Reads and writes secrets with their versions, borrows credentials of databases, and resolves secret:// references.',
  config,
  uses: ['pool', 'tls', 'egress'],
  open,
  close,
  check,
  // The HTTP client throws errors that are classified already.
  toError: () => undefined,
  operations,
  streams: {
    /** Paths of all secrets below a folder, without their values. */
    secrets,
  },
  secretProvider,
})
