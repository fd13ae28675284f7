import { ConnectorError, type ErrorFacts } from '../errors/connector-error.ts'
import type { EgressGuard } from '../transport/egress-guard.ts'
import type { Redactor } from '../secrets/redactor.ts'
import type { Secret } from '../secrets/secret.ts'
import type { Schema } from '../schemas/standard-schema.ts'
import { createConnector } from '../runtime/create-connector.ts'
import type { CallContext } from './call.ts'
import type { Connection } from './connection.ts'
import type { ConnectorDescription } from './description.ts'
import type { AnyOperation } from './operation.ts'
import type { ReservedName } from './reserved-names.ts'
import { reservedNames } from './reserved-names.ts'
import type { AnySession, Session } from './session.ts'
import type { AnyListen, AnyRead, AnyStream, AnyWrite, ListenFacet, ReadFacet, Stream, WriteFacet } from './stream.ts'
import type {
  AdoptedConfig,
  OptionalUniform,
  PoolConfig,
  TimeoutConfig,
  TlsConfig,
  UniformConfig,
} from './uniform-config.ts'
import type { Operation } from './operation.ts'

/** Operations by their names. */
export type Operations = Readonly<Record<string, AnyOperation>>
/** Streams by their names. */
export type Streams = Readonly<Record<string, AnyStream>>
/** Sessions by their names. */
export type Sessions = Readonly<Record<string, AnySession>>

/** What `open` gets beside the parsed config. */
export interface OpenContext {
  readonly signal: AbortSignal
  readonly pool: PoolConfig
  readonly timeouts: Required<{ [K in 'connectMs' | 'readMs' | 'writeMs']: number }> & Pick<TimeoutConfig, 'callMs'>
  readonly tls: TlsConfig
  readonly readOnly: boolean
  /** Where sockets may lead to, where the connection has rules for that: `check` the host, give `lookup` to the socket. */
  readonly egress: EgressGuard | undefined
  readonly redactor: Redactor
  /** Tells of something that an operator should know: a plaintext connection, a reconnect, a stalled consumer. */
  event(name: string, detail: Readonly<Record<string, unknown>>): void
}

/** Groups a connector can belong to; the palette of a workflow platform shows them. */
export type Category =
  | 'http'
  | 'database'
  | 'cache'
  | 'messaging'
  | 'storage'
  | 'compute'
  | 'crm'
  | 'erp'
  | 'itsm'
  | 'communication'
  | 'identity'
  | 'secrets'
  | 'files'
  | 'other'

/** What an author writes to define a connector; reads as its table of contents. */
export interface ConnectorSpec<
  ConfigIn,
  Config,
  Client,
  Adopted,
  Ops extends Operations,
  Strs extends Streams,
  Sess extends Sessions,
  Methods,
> {
  /** Lower-case with hyphens: the package's name without its scope. */
  readonly name: string
  /** As the vendor writes it. */
  readonly title: string
  readonly category: Category
  readonly contractVersion: 1
  readonly description?: string | undefined
  /** The vendor's settings only; `pool`, `timeouts`, `tls` and the other uniform parts are core's. */
  readonly config: Schema<ConfigIn, Config>
  /** Uniform parts that mean something to this connector; others are refused. Default: none. */
  readonly uses?: readonly OptionalUniform[] | undefined
  /** Default time limits where they differ from core's. */
  readonly timeouts?: TimeoutConfig | undefined
  /** Makes the client: the only place that constructs the vendor's. Called once per connection, at first use. */
  readonly open: (config: NoInfer<Config>, context: OpenContext) => Promise<Client> | Client
  readonly close?: ((client: NoInfer<Client>) => Promise<void> | void) | undefined
  /** A cheap call that proves that address and credentials work. */
  readonly check?: ((client: NoInfer<Client>, context: CallContext) => Promise<void> | void) | undefined
  /** Turns a client that the user owns into what `open` gives; without it, adopting is `unsupported`. */
  adopt?(client: Adopted): NoInfer<Client>
  /** Vendor failure to facts; `undefined` for what it does not know. */
  readonly toError: (error: unknown) => ErrorFacts | undefined
  readonly operations?: Ops | undefined
  readonly streams?: Strs | undefined
  readonly sessions?: Sess | undefined
  /** A thin typed facade; replaces operations and streams of the same name for typed callers only. */
  methods?(connection: Connection<NoInfer<Client>, Ops, Strs, Sess, object>): Methods
  /** Resolves `secret://NAME/PATH#FIELD` references through this connector. */
  readonly secretProvider?:
    | ((client: NoInfer<Client>, path: string, field: string | undefined, context: CallContext) => Promise<Secret>)
    | undefined
}

/** A connector: call it with a config to get a connection. */
export interface Connector<
  ConfigIn = never,
  Client = unknown,
  Adopted = never,
  Ops extends Operations = Operations,
  Strs extends Streams = Streams,
  Sess extends Sessions = Sessions,
  Methods = object,
> {
  (config: (ConfigIn & UniformConfig) | AdoptedConfig<Adopted>): Connection<Client, Ops, Strs, Sess, Methods>
  readonly connectorName: string
  /** Everything a face needs to know, as plain data; loads no vendor SDK. */
  describe(): ConnectorDescription
  /** The definition as it was written. */
  readonly spec: ConnectorSpec<ConfigIn, unknown, Client, Adopted, Ops, Strs, Sess, Methods>
}

/* eslint-disable @typescript-eslint/no-explicit-any -- a constraint on every position at once; see docs/decisions */
/** Any connector, for faces that drive what they find by name. `adopt` and `methods` are methods so that each fits. */
export type AnyConnector = {
  (config: any): Connection<any, any, any, any, any>
  readonly connectorName: string
  describe(): ConnectorDescription
  readonly spec: ConnectorSpec<any, any, any, any, Operations, Streams, Sessions, any>
}

type ClientOfFacet<F> =
  F extends ReadFacet<infer C, any, any, any, any>
    ? C
    : F extends ListenFacet<infer C, any, any, any>
      ? C
      : F extends WriteFacet<infer C, any, any, any>
        ? C
        : unknown
type AcceptsRead<Client, F> = F extends AnyRead ? (Client extends ClientOfFacet<F> ? F : never) : F
type AcceptsListen<Client, F> = F extends AnyListen ? (Client extends ClientOfFacet<F> ? F : never) : F
type AcceptsWrite<Client, F> = F extends AnyWrite ? (Client extends ClientOfFacet<F> ? F : never) : F

/** Refuses reserved names and operations written for another client; passes while `Client` is still being inferred. */
export type Accept<Client, Ops, Strs, Sess> = {
  readonly operations?:
    | {
        readonly [K in keyof Ops]: K extends ReservedName
          ? never
          : unknown extends Client
            ? Ops[K]
            : Ops[K] extends Operation<infer C, any, any, any, any>
              ? Client extends C
                ? Ops[K]
                : never
              : never
      }
    | undefined
  readonly streams?:
    | {
        readonly [K in keyof Strs]: K extends ReservedName | keyof Ops
          ? never
          : unknown extends Client
            ? Strs[K]
            : Strs[K] extends Stream<infer R, infer L, infer W>
              ? Stream<AcceptsRead<Client, R>, AcceptsListen<Client, L>, AcceptsWrite<Client, W>>
              : never
      }
    | undefined
  readonly sessions?:
    | {
        readonly [K in keyof Sess]: K extends ReservedName | keyof Ops | keyof Strs
          ? never
          : unknown extends Client
            ? Sess[K]
            : Sess[K] extends Session<infer C, any, any, any>
              ? Client extends C
                ? Sess[K]
                : never
              : never
      }
    | undefined
}
/* eslint-enable @typescript-eslint/no-explicit-any */

// The defaults mean "none": an empty table has no names, unlike Record<string, …>.
// eslint-disable-next-line @typescript-eslint/no-empty-object-type
type None = {}

/**
 * Defines a connector from its parts.
 * @throws `internal` at once for reserved or doubled names, so that a mistake fails where it was made.
 */
export function defineConnector<
  ConfigIn,
  Config,
  Client,
  Adopted = never,
  Ops extends Operations = None,
  Strs extends Streams = None,
  Sess extends Sessions = None,
  Methods = object,
>(
  spec: ConnectorSpec<ConfigIn, Config, Client, Adopted, Ops, Strs, Sess, Methods> &
    Accept<NoInfer<Client>, Ops, Strs, Sess>,
): Connector<ConfigIn, Client, Adopted, Ops, Strs, Sess, Methods> {
  refuseBadNames(spec.name, [spec.operations, spec.streams, spec.sessions])
  return createConnector(spec) as unknown as Connector<ConfigIn, Client, Adopted, Ops, Strs, Sess, Methods>
}

function refuseBadNames(connector: string, tables: readonly (object | undefined)[]): void {
  const seen = new Set<string>(reservedNames)
  for (const table of tables) {
    for (const name of Object.keys(table ?? {})) {
      if (seen.has(name) || !/^[a-z][A-Za-z0-9]*$/.test(name))
        throw new ConnectorError({
          code: 'internal',
          message: `Connector ${connector}: "${name}" is not possible as a name. It is reserved, used twice, or not in camelCase.`,
        })
      seen.add(name)
    }
  }
}
