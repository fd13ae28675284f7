import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import { methods } from './methods.ts'
import * as operations from './operations/index.ts'
import { lock } from './sessions/lock.ts'
import { watch } from './sessions/watch.ts'
import { entries } from './streams/entries.ts'
import { keys } from './streams/keys.ts'
import { messages } from './streams/messages.ts'

/** Redis, on the client of node-redis. */
export const redis = defineConnector({
  name: 'redis',
  title: 'Redis',
  category: 'cache',
  contractVersion: 1,
  description: 'Values, hashes, lists, sets, scripts, locks, streams with consumer groups, and channels of Redis.',
  config,
  uses: ['tls', 'egress'],
  open,
  close,
  check,
  toError,
  operations,
  streams: {
    /** Entries of Redis streams. */
    entries,
    /** The keys of the database. */
    keys,
    /** Messages of channels (pub/sub): at most once. */
    messages,
  },
  sessions: {
    /** Holds a lock while a callback runs. */
    lock,
    /** Watches keys, for a transaction that runs only where they have not changed. */
    watch,
  },
  methods,
})
