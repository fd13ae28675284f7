import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import { methods } from './methods.ts'
import * as operations from './operations/index.ts'
import { transaction } from './sessions/transaction.ts'
import { rows } from './streams/rows.ts'

/** SQLite databases, on better-sqlite3. */
export const sqlite = defineConnector({
  name: 'sqlite',
  title: 'SQLite',
  category: 'database',
  contractVersion: 1,
  description: 'Queries, transactions and bulk reading and writing of SQLite database files.',
  config,
  uses: ['readOnly'],
  open,
  close,
  check,
  toError,
  operations,
  streams: {
    /** The rows of a table. */
    rows,
  },
  sessions: {
    /** Runs a callback in one transaction. */
    transaction,
  },
  methods,
})
