import type { ConnectorErrorJson } from '../errors/connector-error.ts'
import type { CallContext, CallOptions } from './call.ts'
import type { ConnectorDescription } from './description.ts'
import type { StatedEffect } from './effect.ts'
import type { Operation } from './operation.ts'
import type { Session } from './session.ts'
import type { Delivery, ListenFacet, Page, ReadFacet, Stream, WriteFacet } from './stream.ts'

/** Options of a read. */
export interface ReadOptions<Cursor> extends Pick<CallOptions, 'signal'> {
  /** Where to go on: the cursor of a page handed out before. */
  readonly cursor?: Cursor | undefined
  /** The page size wanted; systems may give fewer. */
  readonly pageSize?: number | undefined
}

/** Records one by one, or page by page. Each iteration starts a new read. */
export interface Reading<Item, Cursor> extends AsyncIterable<Item> {
  /** Pages of records with the cursor after each; store that cursor once the page's records are safe. */
  pages(): AsyncIterableIterator<Page<Item, Cursor>>
}

/** Handles one delivery: resolve to acknowledge, throw a non-retryable `ConnectorError` to dead-letter, anything else to give it back. */
export type Handler<Event> = (
  event: Event,
  delivery: Delivery<Event> & { readonly signal: AbortSignal },
) => Promise<unknown> | void

/** Options of a listener. */
export interface ListenOptions {
  /** Stops the subscription. */
  readonly signal?: AbortSignal | undefined
  /** Deliveries handled at once, 1 to 10,000. Default 1. Those of one key never overlap. */
  readonly concurrency?: number | undefined
  /** Told of each lost connection and of handler failures; not needed for correctness. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/** What a subscription has done so far. */
export interface SubscriptionStats {
  readonly delivered: number
  readonly acknowledged: number
  readonly returned: number
  readonly deadLettered: number
  readonly reconnects: number
  readonly inFlight: number
}

/** A running listener. */
export interface Subscription extends AsyncDisposable {
  /** Resolves when the first connection stands; rejects where it never did. Never an unhandled rejection. */
  readonly ready: Promise<void>
  /** Resolves when the subscription has ended; rejects where it ended for good without being asked. Never an unhandled rejection. */
  readonly closed: Promise<void>
  readonly stats: SubscriptionStats
  /** Is it connected, and heard from within its heartbeat? */
  readonly alive: boolean
  /** Takes no more, lets the handlers finish for up to `drainMs` (default 30,000) and ends. Idempotent. */
  stop(options?: { readonly drainMs?: number | undefined }): Promise<void>
}

/** What became of the records of a write. */
export interface WriteResult {
  readonly succeeded: number
  readonly failed: readonly {
    readonly index: number
    readonly error: import('../errors/connector-error.ts').ConnectorError
  }[]
}

/** Options of a write. */
export interface WriteOptions<Item> extends Pick<CallOptions, 'signal' | 'effect'> {
  /** Records per batch; the facet's maximum where larger. */
  readonly batchRecords?: number | undefined
  /** The idempotency key of a record. Default: minted, one per record. */
  readonly key?: ((record: Item, index: number) => string) | undefined
}

type Input<In> = unknown extends In ? [input: In] : Record<never, never> extends In ? [input?: In] : [input: In]
type Call<In, Out, Vendor> = (...args: [...Input<In>, options?: CallOptions<Vendor>]) => Promise<Out>

/** Operations as typed methods. */
export type OperationMethods<Ops> = {
  readonly [K in keyof Ops]: Ops[K] extends Operation<infer _Client, infer In, infer _Parsed, infer Out, infer Vendor>
    ? Call<In, Out, Vendor>
    : never
}

type ReadMethod<R> =
  R extends ReadFacet<infer _C, infer In, infer _P, infer Item, infer Cursor>
    ? { read(...args: [...Input<In>, options?: ReadOptions<Cursor>]): Reading<Item, Cursor> }
    : unknown
type ListenMethod<L> =
  L extends ListenFacet<infer _C, infer In, infer _P, infer Event>
    ? { listen(input: In, handler: Handler<Event>, options?: ListenOptions): Subscription }
    : unknown
type WriteMethod<W> =
  W extends WriteFacet<infer _C, infer In, infer _P, infer Item>
    ? {
        write(
          records: Iterable<Item> | AsyncIterable<Item>,
          ...args: [...Input<In>, options?: WriteOptions<Item>]
        ): Promise<WriteResult>
      }
    : unknown

/** Streams as nouns with `read`, `listen` and `write`, where they have them. */
export type StreamMethods<Strs> = {
  readonly [K in keyof Strs]: Strs[K] extends Stream<infer R, infer L, infer W>
    ? ReadMethod<R> & ListenMethod<L> & WriteMethod<W>
    : never
}

type ScopedStreamMethods<Strs> = {
  readonly [K in keyof Strs]: Strs[K] extends Stream<infer R, infer _L, infer W>
    ? ReadMethod<R> & WriteMethod<W>
    : never
}

/** What a session's callback gets: the same operations and streams, inside the scope. */
export type Scope<Scoped, Ops, Strs, Methods> = Replace<OperationMethods<Ops> & ScopedStreamMethods<Strs>, Methods> & {
  readonly $: ScopedEscape<Scoped>
}

/** Sessions as methods that take the work to do. */
export type SessionMethods<Ops, Strs, Sess, Methods> = {
  readonly [K in keyof Sess]: Sess[K] extends Session<infer _C, infer In, infer _P, infer Scoped>
    ? <Result>(
        work: (scope: Scope<Scoped, Ops, Strs, Methods>) => Promise<Result>,
        ...args: [...Input<In>, options?: CallOptions]
      ) => Promise<Result>
    : never
}

type Replace<Base, With> = Omit<Base, keyof With> & With

/** The answer of `$.execute`: what a workflow node returns. Never a throw. */
export type ExecutionResult =
  | { readonly success: true; readonly output: unknown; readonly attempts: number }
  | { readonly success: false; readonly error: ConnectorErrorJson; readonly attempts: number }

/** Options of the JSON side. */
export interface JsonOptions extends Omit<CallOptions, 'vendor'> {
  /** Allows secrets in outputs to be revealed; otherwise they are opaque handles. Default false. */
  readonly revealSecrets?: boolean | undefined
}

/** A stateless page for JSON faces. */
export interface JsonPage {
  readonly records: readonly unknown[]
  /** Pass it to the next call; plain JSON data. */
  readonly cursor: unknown
  /** Nothing follows. */
  readonly done: boolean
}

/** The generic side inside a session. */
export interface ScopedEscape<Client> {
  /** The session's own client. */
  client(): Promise<Client>
  /** Any vendor call through deadline, resilience, error table and telemetry. */
  run<T>(
    work: (client: Client, context: CallContext) => Promise<T> | T,
    options: CallOptions & { readonly effect: StatedEffect },
  ): Promise<T>
  /** An operation by name, with JSON in and out. */
  execute(name: string, input: unknown, options?: JsonOptions): Promise<ExecutionResult>
}

/** The generic side of a connection. */
export interface Escape<Client> extends ScopedEscape<Client> {
  /** One page of a stream's read, stateless. */
  read(
    name: string,
    input: unknown,
    options?: {
      readonly cursor?: unknown
      readonly maxRecords?: number | undefined
      readonly maxBytes?: number | undefined
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<JsonPage>
  /** A stream's listener, events as JSON. */
  listen(name: string, input: unknown, handler: Handler<unknown>, options?: ListenOptions): Subscription
  /** A stream's write, records from JSON. */
  write(
    name: string,
    records: Iterable<unknown> | AsyncIterable<unknown>,
    input: unknown,
    options?: WriteOptions<unknown>,
  ): Promise<WriteResult>
  /** Proves that address and credentials work. */
  check(options?: Pick<CallOptions, 'signal' | 'timeoutMs'>): Promise<void>
  /** Opens now rather than at first use. */
  open(): Promise<void>
  describe(): ConnectorDescription
  /** State of the policies, for dashboards. */
  state(): unknown
}

/** A connection: opens at its first call, owns one pool, and is closed by its owner. */
export type Connection<Client, Ops, Strs, Sess, Methods> = Replace<
  OperationMethods<Ops> & StreamMethods<Strs>,
  Methods
> &
  SessionMethods<Ops, Strs, Sess, Methods> & {
    readonly $: Escape<Client>
    /** Lets running calls finish, then closes. Idempotent. */
    close(): Promise<void>
    [Symbol.asyncDispose](): Promise<void>
  }
