import type { CallOptions } from '@casare/core'
import type { NotApplicable, Peer } from '../checks/check.ts'
import type { ConnectorSubject, DrivenConnection, Target } from '../subject/connector-subject.ts'

/** An operation that changes something, with a peer that counts. */
export interface EffectCase<Peered extends Target = Target> {
  /** The input of the call of this id. */
  readonly input: (id: string) => unknown
  /** Makes ready what the call needs. */
  readonly prepare?: ((target: Peered, id: string, connection: DrivenConnection) => Promise<unknown> | void) | undefined
  /** How often the effect of this id is there: 0, 1, or more where it was doubled. Asked past the faults. */
  readonly applied: (target: Peered, id: string) => Promise<number> | number
  readonly options?: CallOptions | undefined
}

/** What `effectSuite` needs. */
export interface EffectSubject<Peered extends Target = Target> {
  readonly peer: Peer
  readonly start: () => Promise<Peered>
  readonly at:
    ((target: Peered, address: Parameters<Exclude<ConnectorSubject['at'], NotApplicable>>[1]) => object) | NotApplicable
  /** Each operation that is not a `read`. */
  readonly operations: Readonly<Record<string, EffectCase<Peered>>>
  /** Calls per operation, 1 to 100,000, spread over the faults. Default 50. */
  readonly calls?: number | undefined
}
