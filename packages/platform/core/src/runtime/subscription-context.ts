import type { CallContext } from '../contract/call.ts'
import type { ListenContext } from '../contract/stream.ts'
import { DelegatedContext } from './delegated-context.ts'
import type { Runtime } from './runtime.ts'

/** The parts of it that the subscription itself answers. */
export type SubscriptionHooks = Pick<ListenContext<unknown>, 'concurrency' | 'deliver' | 'ready' | 'alive'>

/** What a connector's `subscribe` gets from one subscription. */
export class SubscriptionContext extends DelegatedContext implements ListenContext<unknown> {
  readonly concurrency: number
  readonly deliver: SubscriptionHooks['deliver']
  readonly ready: SubscriptionHooks['ready']
  readonly alive: SubscriptionHooks['alive']

  constructor(runtime: Runtime, signal: AbortSignal, hooks: SubscriptionHooks) {
    super(endless(runtime, signal))
    this.concurrency = hooks.concurrency
    this.deliver = hooks.deliver
    this.ready = hooks.ready
    this.alive = hooks.alive
  }
}

/** The context of something that has no attempt and no deadline. */
function endless(runtime: Runtime, signal: AbortSignal): CallContext {
  return {
    signal,
    deadline: undefined,
    remainingMs: undefined,
    attempt: 1,
    effect: 'read',
    idempotencyKey: undefined,
    vendor: undefined,
    fileRoots: runtime.fileRoots,
    redactor: runtime.config.redactor,
    note() {},
  }
}
