import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { messages } from './streams/messages.ts'

/** RabbitMQ, on amqplib. */
export const rabbitmq = defineConnector({
  name: 'rabbitmq',
  title: 'RabbitMQ',
  category: 'messaging',
  contractVersion: 1,
  description:
    'Sends and handles messages with confirms, delayed retries and dead letters; declares queues and exchanges.',
  config,
  uses: ['tls', 'egress'],
  open,
  close,
  check,
  toError,
  operations,
  streams: {
    /** The messages of queues. */
    messages,
  },
})
