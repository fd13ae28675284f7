export {
  /** Stops a move out of a dead-letter queue; what was moved stays moved. */
  cancelRedrive,
} from './cancel-redrive.ts'
export {
  /** Makes a queue; one that is there with the same attributes stays as it is. */
  createQueue,
} from './create-queue.ts'
export {
  /** Deletes a queue with all of its messages; its name is free again after a minute. */
  deleteQueue,
} from './delete-queue.ts'
export {
  /** Attributes of a queue, with about how many messages it holds. */
  getQueueAttributes,
} from './get-queue-attributes.ts'
export {
  /** The URL of a queue. */
  getQueueUrl,
} from './get-queue-url.ts'
export {
  /** The latest moves out of a dead-letter queue, ten at most. */
  listRedrives,
} from './list-redrives.ts'
export {
  /** Deletes all messages of a queue, which takes up to a minute. */
  purgeQueue,
} from './purge-queue.ts'
export {
  /** Changes attributes of a queue; it may take a minute until they hold. */
  setQueueAttributes,
} from './set-queue-attributes.ts'
export {
  /** Starts to move the messages of a dead-letter queue back to where they came from, or elsewhere. */
  startRedrive,
} from './start-redrive.ts'
