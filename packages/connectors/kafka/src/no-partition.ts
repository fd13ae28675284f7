import { ConnectorError } from '@casare/core'

/** A partition that a topic has not. */
export function noPartition(topic: string, partition: number, count: number): ConnectorError {
  return new ConnectorError({
    code: 'not_found',
    message: `Kafka: the topic "${topic}" has no partition ${partition}; it has ${count}, from 0.`,
  })
}
