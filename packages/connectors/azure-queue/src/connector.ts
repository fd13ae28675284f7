import type { QueueServiceClient } from '@azure/storage-queue'
import { defineConnector } from '@casare/core'
import type { AzureQueueClient } from './azure-queue-client.ts'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { messages } from './streams/messages.ts'

/** Azure Queue Storage, on Microsoft's SDK. */
export const azureQueue = defineConnector({
  name: 'azure-queue',
  title: 'Azure Queue Storage',
  category: 'messaging',
  contractVersion: 1,
  description: 'Sends messages and handles them, with a queue for poison; makes and clears queues.',
  config,
  uses: ['tls', 'pool'],
  open,
  close,
  check,
  adopt: (sdk: QueueServiceClient): AzureQueueClient => ({ sdk, destroy() {} }),
  toError,
  operations,
  streams: {
    /** The messages of queues. */
    messages,
  },
})
