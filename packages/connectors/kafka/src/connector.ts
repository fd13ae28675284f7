import { defineConnector } from '@casare/core'
import { check, close, open } from './client.ts'
import { config } from './config.ts'
import { toError } from './errors.ts'
import * as operations from './operations/index.ts'
import { batches } from './streams/batches.ts'
import { records } from './streams/records.ts'

/** Apache Kafka, on kafkajs. */
export const kafka = defineConnector({
  name: 'kafka',
  title: 'Kafka',
  category: 'messaging',
  contractVersion: 1,
  description: 'Writes records to topics and handles them in consumer groups; topics and offsets.',
  config,
  uses: ['tls'],
  open,
  close,
  check,
  toError,
  operations,
  streams: {
    /** The records of topics. */
    records,
    /** The records of topics, many at a time. */
    batches,
  },
})
