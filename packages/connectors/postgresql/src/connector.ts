import { defineConnector } from '@casare/core'
import { typedQueries } from '@casare/sql'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { transaction } from './sessions/transaction.ts'
import { changes } from './streams/changes.ts'
import { notifications } from './streams/notifications.ts'
import { rows } from './streams/rows.ts'

/** PostgreSQL databases, on pg. */
export const postgresql = defineConnector({
  name: 'postgresql',
  title: 'PostgreSQL',
  category: 'database',
  contractVersion: 1,
  description: 'Queries, transactions, and bulk reading and writing of PostgreSQL databases.',
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
    /** What is sent with NOTIFY. */
    notifications,
    /** What happens to the rows of tables. */
    changes,
  },
  sessions: {
    /** Runs a callback in one transaction. */
    transaction,
  },
  methods: (connection) => typedQueries(connection, (number) => `$${number}`),
})
