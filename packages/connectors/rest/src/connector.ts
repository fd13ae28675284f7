import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import * as operations from './operations/index.ts'
import { records } from './streams/records.ts'

/** Any REST API. */
export const rest = defineConnector({
  name: 'rest',
  title: 'REST API',
  category: 'http',
  contractVersion: 1,
  description: 'Calls any HTTP API: requests, downloads, uploads, and lists read page by page in every usual style.',
  config,
  uses: ['pool', 'tls', 'egress'],
  open,
  close,
  check,
  // The HTTP client throws errors that are classified already.
  toError: () => undefined,
  operations,
  streams: {
    /** The records of a list, read page by page. */
    records,
  },
})
