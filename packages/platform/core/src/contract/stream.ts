import type { ErrorCode } from '../errors/error-codes.ts'
import type { Schema } from '../schemas/standard-schema.ts'
import type { CallContext } from './call.ts'
import type { EffectOf } from './effect.ts'

/** One page of a read. */
export interface Page<Item, Cursor> {
  readonly records: readonly Item[]
  /** The position after this page: reading on from here gives what follows. Plain JSON data. */
  readonly cursor: Cursor
  /** The page is known to be the last one. */
  readonly last?: boolean | undefined
}

/** Who a record is, stable over time; `version` where the system tells one (an ETag, a timestamp, a row version). */
export interface RecordIdentity {
  readonly id: string
  readonly version?: string | undefined
}

/** What `pages` gets beside client and input. */
export interface ReadContext<Cursor> extends CallContext {
  /** Where to go on; `undefined` for the beginning. */
  readonly cursor: Cursor | undefined
  /** The page size the reader would like; at least 1. */
  readonly maxRecords: number | undefined
}

/**
 * Reading: resumable pages with a cursor. One unit of resilience is a page: where the generator throws, it is closed and
 * started again from the last cursor handed out.
 */
export interface ReadFacet<Client, In, Parsed, Item, Cursor> {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly record: Schema<unknown, Item>
  readonly cursor: Schema<unknown, Cursor>
  readonly errors?: readonly ErrorCode[] | undefined
  /** The stable id of a record within this input; flows derive idempotency keys from it. */
  readonly identify?: ((record: Item, input: Parsed) => RecordIdentity) | undefined
  readonly pages: (client: Client, input: Parsed, context: ReadContext<Cursor>) => AsyncIterable<Page<Item, Cursor>>
}

/** One event on its way to the handler. */
export interface Delivery<Event> {
  /** The system's id of the event. */
  readonly id: string
  /** Events of one key are handled one after the other, in order. */
  readonly key?: string | undefined
  /** The system says, or we know, that it was delivered before. */
  readonly redelivered: boolean
  readonly event: Event
}

/** A delivery with what the runtime needs to answer it. Each answer is its own short call. */
export interface PendingDelivery<Event> extends Delivery<Event> {
  ack(): Promise<void> | void
  /** Gives the event back; to be delivered again after about `delayMs`. */
  nack(error: unknown, delayMs: number): Promise<void> | void
  /** Puts the event aside for good. Default where absent: `nack`. */
  deadLetter?: ((error: unknown) => Promise<void> | void) | undefined
  /**
   * Asked when its turn at the handler has come. `false` lets it go without an answer, where the system has given it to
   * somebody else while it waited. Default: `true`.
   */
  claim?: (() => boolean) | undefined
}

/** What `subscribe` gets beside client and input. */
export interface ListenContext<Event> extends CallContext {
  /** Hands an event over. Resolves when there is room for the next one (back-pressure): await it. */
  deliver(delivery: PendingDelivery<Event>): Promise<void>
  /** The subscription is established; resets the back-off. */
  ready(): void
  /** The connection has shown a sign of life; without one for `heartbeatMs`, the subscription is restarted. */
  alive(): void
  /** How many deliveries the handler wants in flight: the prefetch. */
  readonly concurrency: number
}

/**
 * Listening: events pushed to a handler, whose promise is the ack. `subscribe` returns when the signal aborts and throws
 * when the connection is lost; the runtime then calls it again, with back-off, without end.
 */
export interface ListenFacet<Client, In, Parsed, Event> {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly event: Schema<unknown, Event>
  readonly errors?: readonly ErrorCode[] | undefined
  /** Restart when silent for this long, in milliseconds. Default: no heartbeat. */
  readonly heartbeatMs?: number | undefined
  readonly subscribe: (client: Client, input: Parsed, context: ListenContext<Event>) => Promise<void>
}

/** What became of the records of one batch that were not written; a record not named here was. */
export interface WriteFailure {
  /** Index within the batch. */
  readonly index: number
  readonly error: unknown
}

/** What `write` gets beside client, records and input. */
export interface WriteContext extends CallContext {
  /** One idempotency key per record of the batch, where the effect is `keyed`. */
  readonly keys: readonly string[] | undefined
}

/** Writing: batches, answered per record. */
export interface WriteFacet<Client, In, Parsed, Item> {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly record: Schema<Item, unknown>
  readonly effect: EffectOf<Parsed>
  readonly errors?: readonly ErrorCode[] | undefined
  /** The most records of one batch, 1 to 100,000, or a function of the input. Default 100. */
  readonly maxBatchRecords?: number | ((input: Parsed) => number) | undefined
  /** All or nothing: a batch that fails for good is split until the poison records are found. */
  readonly atomic?: boolean | undefined
  /** Answers with the records that failed; throws where the whole batch did. */
  readonly write: (
    client: Client,
    records: readonly Item[],
    input: Parsed,
    context: WriteContext,
  ) => Promise<readonly WriteFailure[] | void> | readonly WriteFailure[] | void
}

/** A noun: a stream of records with any of the facets `read`, `listen` and `write`. */
export interface Stream<Read, Listen, Write> {
  readonly kind: 'stream'
  readonly description: string
  readonly read: Read
  readonly listen: Listen
  readonly write: Write
}

/* eslint-disable @typescript-eslint/no-explicit-any -- constraints on every position at once; see docs/decisions */
/** Any reading facet, for constraints. */
export type AnyRead = ReadFacet<any, any, any, any, any>
/** Any listening facet, for constraints. */
export type AnyListen = ListenFacet<any, any, any, any>
/** Any writing facet, for constraints. */
export type AnyWrite = WriteFacet<any, any, any, any>
/** Any stream, for constraints. */
export type AnyStream = Stream<AnyRead | undefined, AnyListen | undefined, AnyWrite | undefined>
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Declares the reading facet of a stream; types come from the schemas and from the annotation of the client. */
export function reads<Client, In, Parsed, Item, Cursor>(spec: {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly record: Schema<unknown, Item>
  readonly cursor: Schema<unknown, Cursor>
  readonly errors?: readonly ErrorCode[] | undefined
  readonly identify?: ((record: NoInfer<Item>, input: NoInfer<Parsed>) => RecordIdentity) | undefined
  readonly pages: (
    client: Client,
    input: NoInfer<Parsed>,
    context: ReadContext<NoInfer<Cursor>>,
  ) => AsyncIterable<Page<NoInfer<Item>, NoInfer<Cursor>>>
}): ReadFacet<Client, In, Parsed, Item, Cursor> {
  return spec
}

/** Declares the listening facet of a stream. */
export function listens<Client, In, Parsed, Event>(spec: {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly event: Schema<unknown, Event>
  readonly errors?: readonly ErrorCode[] | undefined
  readonly heartbeatMs?: number | undefined
  readonly subscribe: (client: Client, input: NoInfer<Parsed>, context: ListenContext<NoInfer<Event>>) => Promise<void>
}): ListenFacet<Client, In, Parsed, Event> {
  return spec
}

/** Declares the writing facet of a stream. */
export function writes<Client, In, Parsed, Item>(spec: {
  readonly description?: string | undefined
  readonly input: Schema<In, Parsed>
  readonly record: Schema<Item, unknown>
  readonly effect: EffectOf<NoInfer<Parsed>>
  readonly errors?: readonly ErrorCode[] | undefined
  readonly maxBatchRecords?: number | ((input: NoInfer<Parsed>) => number) | undefined
  readonly atomic?: boolean | undefined
  readonly write: (
    client: Client,
    records: readonly NoInfer<Item>[],
    input: NoInfer<Parsed>,
    context: WriteContext,
  ) => Promise<readonly WriteFailure[] | void> | readonly WriteFailure[] | void
}): WriteFacet<Client, In, Parsed, Item> {
  return spec
}

/** Defines a stream from its facets; a facet that is absent vanishes from the type. */
export function stream<
  Read extends AnyRead | undefined = undefined,
  Listen extends AnyListen | undefined = undefined,
  Write extends AnyWrite | undefined = undefined,
>(spec: {
  readonly description: string
  readonly read?: Read
  readonly listen?: Listen
  readonly write?: Write
}): Stream<Read, Listen, Write> {
  return {
    kind: 'stream',
    description: spec.description,
    read: spec.read as Read,
    listen: spec.listen as Listen,
    write: spec.write as Write,
  }
}
