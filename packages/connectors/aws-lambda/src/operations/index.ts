export {
  /** What Lambda knows of a function; never its environment variables. */
  getFunction,
} from './get-function.ts'
export {
  /** Invokes a function: waits for its answer, hands an event over, or tries whether it may be invoked. */
  invoke,
} from './invoke.ts'
export {
  /** Invokes a function and gives its answer as a stream of bytes, while it is made. */
  invokeStreaming,
} from './invoke-streaming.ts'
