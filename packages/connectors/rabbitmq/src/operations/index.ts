export {
  /** Binds a queue, or an exchange, to an exchange. */
  bind,
} from './bind.ts'
export {
  /** Makes an exchange, where there is none of that name. */
  declareExchange,
} from './declare-exchange.ts'
export {
  /** Makes a queue, where there is none of that name. */
  declareQueue,
} from './declare-queue.ts'
export {
  /** Deletes an exchange with its bindings. */
  deleteExchange,
} from './delete-exchange.ts'
export {
  /** Deletes a queue with its messages. */
  deleteQueue,
} from './delete-queue.ts'
export {
  /** Takes one message off a queue, or looks at it. */
  getMessage,
} from './get-message.ts'
export {
  /** Removes all messages that are ready in a queue. */
  purgeQueue,
} from './purge-queue.ts'
export {
  /** Tells how many messages wait in a queue, and how many consumers it has. */
  queueStatus,
} from './queue-status.ts'
export {
  /** Sends a message and waits for the answer to it. */
  request,
} from './request.ts'
