export {
  /** Deletes all messages of a queue. */
  clearMessages,
} from './clear-messages.ts'
export {
  /** Makes a queue; one that is there with the same metadata stays as it is. */
  createQueue,
} from './create-queue.ts'
export {
  /** Deletes a queue with all of its messages; its name is free again after half a minute. */
  deleteQueue,
} from './delete-queue.ts'
export {
  /** About how many messages a queue holds, and its metadata. */
  getQueueProperties,
} from './get-queue-properties.ts'
export {
  /** Sets the metadata of a queue, in place of what was there. */
  setQueueMetadata,
} from './set-queue-metadata.ts'
