import { exitCodes } from './exit-codes.ts'
import type { Host } from './host.ts'

/** Turns Ctrl-C and SIGTERM into an abort. */
export interface StopSignal {
  readonly signal: AbortSignal
  /** Stops listening. */
  release(): void
}

/**
 * The first Ctrl-C or SIGTERM aborts the signal, so that the work can end well; the second ends the process at once.
 * @param onFirst told when it is the first.
 */
export function stopSignal(host: Host, onFirst: () => void): StopSignal {
  const controller = new AbortController()
  const release = host.onSignal((name) => {
    if (controller.signal.aborted) {
      host.exit(name === 'SIGINT' ? exitCodes.interrupted : exitCodes.terminated)
      return
    }
    controller.abort(new DOMException(`Stopped by ${name}.`, 'AbortError'))
    onFirst()
  })
  return { signal: controller.signal, release }
}
