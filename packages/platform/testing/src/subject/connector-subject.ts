import type { ErrorCode, Escape } from '@casare/core'
import type { NegotiateTls } from '../certificates/tls-front.ts'
import type { NotApplicable, Peer } from '../checks/check.ts'
import type { Address } from '../faults/fault-proxy.ts'

/** A connection as suites drive it. */
export interface DrivenConnection {
  readonly $: Escape<unknown>
  close(): Promise<void>
}

/** A config, as a connector takes it. */
export type Config = Readonly<Record<string, unknown>>

/** A fresh peer with nothing in it but what the examples need. */
export interface Target {
  /** Settings of a connection to it; the suite adds `resilience`, `timeouts` and the like. */
  readonly config: Config
  /** Where it listens without TLS, for the fault proxy and the suite's TLS front. */
  readonly address?: Address | undefined
  close?(): Promise<unknown>
}

/** An input that an operation takes, as JSON. */
export interface Example {
  readonly input: unknown
  /** Called before the example, where it needs something to be there. */
  readonly before?: ((connection: DrivenConnection) => Promise<unknown>) | undefined
}

/** How a declared error comes about. */
export interface Provocation {
  readonly input: unknown
  /** In place of, or beside, the target's settings. */
  readonly config?: Config | ((target: Target) => Config | Promise<Config>) | undefined
  /** Beside the input. */
  readonly timeoutMs?: number | undefined
  readonly before?: ((connection: DrivenConnection, target: Target) => Promise<unknown>) | undefined
}

/** A call that waits until it is released or aborted. */
export interface Hang {
  readonly operation: string
  readonly input: unknown
  readonly config?: Config | undefined
  /** Ends what holds it up. */
  release(): Promise<unknown> | void
}

/** What the suite needs to read a stream. */
export interface ReadSubject {
  /** As JSON. */
  readonly input: unknown
  /** Puts records there, with equal ordering values among them. */
  readonly prepare?: ((connection: DrivenConnection, target: Target) => Promise<unknown>) | undefined
  /** How many records there are then, at least 7. */
  readonly count: number
  /** Takes the record that was handed out first away, or moves it; the others stay. */
  readonly change: ((connection: DrivenConnection, target: Target) => Promise<unknown>) | NotApplicable
}

/** What the suite needs to write a stream. */
export interface WriteSubject {
  readonly input: unknown
  readonly prepare?: ((connection: DrivenConnection, target: Target) => Promise<unknown>) | undefined
  /** The record of this number, as JSON; different for each. */
  readonly record: (number: number) => unknown
  /** How often the record of each number is stored. */
  readonly stored: (
    connection: DrivenConnection,
    target: Target,
    numbers: readonly number[],
  ) => Promise<readonly number[]>
  /** A record that passes the schema and that the system refuses for good. */
  readonly poison: unknown
}

/** What the suite needs to listen. */
export interface ListenSubject {
  readonly input: unknown
  /** Sends the events of these numbers. */
  readonly send: (target: Target, numbers: readonly number[]) => Promise<unknown>
  /** The number of an event. */
  readonly numberOf: (event: unknown) => number
  /** Events that the system still holds; a system that holds none (at most once) says so. */
  readonly unacknowledged: ((target: Target) => Promise<number> | number) | NotApplicable
  /** Events that the system has put aside. */
  readonly deadLettered: ((target: Target) => Promise<number> | number) | NotApplicable
  /** Cuts every connection. */
  readonly disconnect: (target: Target) => Promise<unknown> | void
  /** Falls silent without closing, and speaks again on connections made after that. */
  readonly silence: ((target: Target) => Promise<unknown> | void) | NotApplicable
  /** How long to wait for something to happen, in milliseconds: longer than the heartbeat. Default 3,000. */
  readonly patienceMs?: number | undefined
}

/** What a connector's author gives, so that every promise can be tried. What does not apply is said, with the reason. */
export interface ConnectorSubject {
  readonly peer: Peer
  /** URL of the module that exports the connector, for instance `import.meta.resolve('../src/index.ts')`. */
  readonly entry: string
  /** A fresh peer; called for each check. */
  readonly start: () => Promise<Target>
  /** For each operation, at least one. */
  readonly examples: Readonly<Record<string, Example | readonly Example[]>>
  /** For each operation (and `stream.facet` that declares errors), each declared code. */
  readonly provocations: Readonly<Record<string, Partial<Readonly<Record<ErrorCode, Provocation>>>>>
  /** The same target with credentials that are wrong. */
  readonly wrongCredentials: ((target: Target) => Config) | NotApplicable
  /** The target's settings with this text as its secret, whether or not the peer takes it. */
  readonly withSecret: ((target: Target, secret: string) => Config) | NotApplicable
  /** The target's settings with another address, `secure` for TLS. */
  readonly at: ((target: Target, address: Address & { readonly secure: boolean }) => Config) | NotApplicable
  /** What is said before TLS begins, where the protocol negotiates it. Default: TLS begins with the first byte. */
  readonly negotiateTls?: NegotiateTls | undefined
  /** A call that hangs. Default, where there is a network: the first example of a reading operation through a dead proxy. */
  readonly hang?: ((target: Target) => Promise<Hang>) | NotApplicable | undefined
  /** Stores a text and reads it back. */
  readonly echo: ((connection: DrivenConnection, text: string) => Promise<unknown>) | NotApplicable
  readonly streams?:
    | Readonly<
        Record<
          string,
          {
            readonly read?: ReadSubject | undefined
            readonly write?: WriteSubject | undefined
            readonly listen?: ListenSubject | undefined
          }
        >
      >
    | undefined
  /** Tables of an SDK that its clients share and nobody changes, as the check of tenants names them. Default: none. */
  readonly sharedTables?: readonly string[] | undefined
  /** Packages that may be loaded by importing the connector. Default: zod. */
  readonly mayLoad?: readonly string[] | undefined
}
