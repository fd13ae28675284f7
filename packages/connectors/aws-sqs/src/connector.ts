import type { SQSClient } from '@aws-sdk/client-sqs'
import { defineConnector } from '@casare/core'
import { payloadStoreOf } from './claim-check/payload-store.ts'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { SqsClient } from './sqs-client.ts'
import { messages } from './streams/messages.ts'

/** Amazon SQS, on the AWS SDK. */
export const sqs = defineConnector({
  name: 'aws-sqs',
  title: 'Amazon SQS',
  category: 'messaging',
  contractVersion: 1,
  description:
    'Sends messages in batches and handles them, in standard and FIFO queues; makes, purges and redrives queues.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (client: SQSClient) => new SqsClient(client, () => payloadStoreOf(client)),
  toError,
  operations,
  streams: {
    /** The messages of queues. */
    messages,
  },
})
