declare module 'kafkajs/src/consumer/batch.js' {
  import type { KafkaMessage } from 'kafkajs'

  /** Takes out what is before the offset asked for, what belongs to the protocol, and what was taken back. */
  class Batch {
    constructor(topic: string, fetchedOffset: string, data: object)
    readonly rawMessages: readonly KafkaMessage[]
    readonly messages: readonly KafkaMessage[]
  }
  export { Batch as default }
}
