import { defineConnector } from '@casare/core'
import { typedQueries } from '@casare/sql'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { transaction } from './sessions/transaction.ts'
import { rows } from './streams/rows.ts'

/** MySQL and MariaDB databases, on mysql2. */
export const mysql = defineConnector({
  name: 'mysql',
  title: 'MySQL',
  category: 'database',
  contractVersion: 1,
  description: 'Queries, transactions, procedures, and bulk reading and writing of MySQL and MariaDB databases.',
  config,
  uses: ['pool', 'tls', 'readOnly', 'egress'],
  timeouts: { readMs: 600_000 },
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
  methods: (connection) => typedQueries(connection, () => '?'),
})
