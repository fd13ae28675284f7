import type { LambdaClient } from '@aws-sdk/client-lambda'
import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { functions } from './streams/functions.ts'

/** AWS Lambda, on the AWS SDK. */
export const lambda = defineConnector({
  name: 'aws-lambda',
  title: 'AWS Lambda',
  category: 'compute',
  contractVersion: 1,
  description: 'Invokes functions and tells what is known of them.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (client: LambdaClient) => client,
  toError,
  operations,
  streams: {
    /** The functions of a region. */
    functions,
  },
})
