import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { notes } from './streams/notes.ts'

/** Vault: notes, each in a file of its own. */
export const vault = defineConnector({
  name: 'vault',
  title: 'Vault',
  category: 'files',
  contractVersion: 1,
  description: 'Creates, reads, replaces and deletes notes in a folder.',
  config,
  open,
  close,
  check,
  toError,
  operations,
  streams: { notes },
})
