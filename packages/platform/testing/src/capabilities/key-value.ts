import type { NotApplicable, Peer } from '../checks/check.ts'
import type { DrivenConnection, Target } from '../subject/connector-subject.ts'

/** How a value is stored. */
export interface StoreOptions {
  /** Gone after this time, in milliseconds. */
  readonly expireMs?: number | undefined
  /** Only where the key is missing. */
  readonly ifMissing?: boolean | undefined
}

/** A system that keeps values under keys: caches, key-value stores, object stores with small values. */
export interface KeyValueSubject {
  readonly peer: Peer
  /** A fresh peer. */
  readonly start: () => Promise<Target>
  /** Every key of the suite begins with this. */
  readonly prefix: string
  /** Stores a value; false where the condition was not met. */
  readonly set: (
    connection: DrivenConnection,
    key: string,
    value: Uint8Array,
    options: StoreOptions,
  ) => Promise<boolean>
  /** The value, or null where there is none. */
  readonly get: (connection: DrivenConnection, key: string) => Promise<Uint8Array | null>
  /** Deletes a key, whether or not it is there. */
  readonly delete: (connection: DrivenConnection, key: string) => Promise<unknown>
  /** Adds 1 to a counter that begins with 0, and gives the sum. */
  readonly increment: ((connection: DrivenConnection, key: string) => Promise<number | bigint>) | NotApplicable
  /** The keys that begin with the suite's prefix. */
  readonly list: ((connection: DrivenConnection) => AsyncIterable<string>) | NotApplicable
  /** Can values expire, and be stored only where the key is missing? Default: yes. */
  readonly expires?: true | NotApplicable | undefined
  readonly conditions?: true | NotApplicable | undefined
}
