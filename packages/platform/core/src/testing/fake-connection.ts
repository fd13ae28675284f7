import type { Connection } from '../contract/connection.ts'
import type { Connector, Operations, Sessions, Streams } from '../contract/connector.ts'
import type { Operation } from '../contract/operation.ts'
import type {
  AnyListen,
  AnyRead,
  AnyStream,
  AnyWrite,
  ListenFacet,
  ReadFacet,
  Stream,
  WriteFacet,
} from '../contract/stream.ts'
import { ConnectorError } from '../errors/connector-error.ts'
import type { AnySpec } from '../runtime/connection-config.ts'
import { createConnection } from '../runtime/create-connection.ts'
import { createRuntime } from '../runtime/runtime.ts'
import { SecretHandles } from '../runtime/secret-handles.ts'
import { Redactor } from '../secrets/redactor.ts'

/** Stand-ins for operations: same input, parsed as by the real connector, same output. */
export type FakeOperations<Ops> = {
  readonly [K in keyof Ops]?: Ops[K] extends Operation<infer _C, infer _In, infer Parsed, infer Out, infer _V>
    ? (input: Parsed) => Promise<Out> | Out
    : never
}

type FakeRead<R> =
  R extends ReadFacet<infer _C, infer _In, infer Parsed, infer Item, infer _Cursor>
    ? { readonly read?: readonly Item[] | ((input: Parsed) => readonly Item[]) }
    : unknown
type FakeListen<L> =
  L extends ListenFacet<infer _C, infer _In, infer Parsed, infer Event>
    ? { readonly listen?: readonly Event[] | ((input: Parsed) => readonly Event[]) }
    : unknown
type FakeWrite<W> =
  W extends WriteFacet<infer _C, infer _In, infer Parsed, infer Item>
    ? { readonly write?: (records: readonly Item[], input: Parsed) => Promise<void> | void }
    : unknown

/** Stand-ins for streams: records to read, events to hear, a function that takes what is written. */
export type FakeStreams<Strs> = {
  readonly [K in keyof Strs]?: Strs[K] extends Stream<infer R, infer L, infer W>
    ? FakeRead<R> & FakeListen<L> & FakeWrite<W>
    : never
}

/**
 * A connection for a user's unit tests: the connector's own types, validation and errors, with functions in place of the
 * vendor. Outputs are checked against their schemas. A session runs its callback on the same fakes.
 * @example
 * const store = fakeConnection(s3, { operations: { putObject: ({ key }) => ({ etag: key }) } })
 * @throws `unsupported` when something is called for which no stand-in was given.
 */
export function fakeConnection<
  ConfigIn,
  Client,
  Adopted,
  Ops extends Operations,
  Strs extends Streams,
  Sess extends Sessions,
  Methods,
>(
  connector: Connector<ConfigIn, Client, Adopted, Ops, Strs, Sess, Methods>,
  fakes: { readonly operations?: FakeOperations<Ops>; readonly streams?: FakeStreams<Strs> } = {},
): Connection<Client, Ops, Strs, Sess, Methods> {
  const spec = connector.spec as unknown as AnySpec
  const table = fakes as { operations?: Record<string, FakeOperation>; streams?: Record<string, FakeStream> }
  const fakeSpec: AnySpec = {
    ...spec,
    open: () => ({}),
    close: () => undefined,
    check: () => undefined,
    toError: () => undefined,
    operations: Object.fromEntries(
      Object.entries(spec.operations ?? {}).map(([name, one]) => [
        name,
        { ...one, run: fakeRun(name, table.operations?.[name]) },
      ]),
    ),
    streams: Object.fromEntries(
      Object.entries(spec.streams ?? {}).map(([name, one]) => [
        name,
        fakeStream(name, one, table.streams?.[name] ?? {}),
      ]),
    ),
    sessions: Object.fromEntries(
      Object.entries(spec.sessions ?? {}).map(([name, one]) => [
        name,
        {
          ...one,
          run: <R>(client: unknown, _input: unknown, _context: unknown, work: (scoped: unknown) => Promise<R>) =>
            work(client),
        },
      ]),
    ),
  }
  const config = {
    vendor: {},
    uniform: { resilience: false, validateOutput: true } as const,
    adopted: undefined,
    redactor: new Redactor(),
  }
  return createConnection(createRuntime(fakeSpec, config, new SecretHandles())) as Connection<
    Client,
    Ops,
    Strs,
    Sess,
    Methods
  >
}

type FakeOperation = (input: unknown) => unknown
interface FakeStream {
  readonly read?: readonly unknown[] | ((input: unknown) => readonly unknown[])
  readonly listen?: readonly unknown[] | ((input: unknown) => readonly unknown[])
  readonly write?: (records: readonly unknown[], input: unknown) => Promise<void> | void
}

function fakeRun(name: string, fake: FakeOperation | undefined) {
  return async (_client: unknown, input: unknown): Promise<unknown> => (fake ?? missing(name))(input)
}

function missing(name: string): (...input: readonly unknown[]) => unknown {
  return () => {
    throw new ConnectorError({ code: 'unsupported', message: `The fake has no stand-in for ${name}.` })
  }
}

function fakeStream(name: string, stream: AnyStream, fake: FakeStream): AnyStream {
  return {
    ...stream,
    read: stream.read && fakeRead(name, stream.read, fake.read),
    listen: stream.listen && fakeListen(name, stream.listen, fake.listen),
    write: stream.write && fakeWrite(name, stream.write, fake.write),
  }
}

function listOf(name: string, source: FakeStream['read'], input: unknown): readonly unknown[] {
  if (source === undefined) return missing(name)(input) as readonly unknown[]
  return typeof source === 'function' ? source(input) : source
}

/** The cursor of a fake read is the number of records handed out. */
function fakeRead(name: string, facet: AnyRead, source: FakeStream['read']): AnyRead {
  const anything = { '~standard': { ...facet.cursor['~standard'], validate: (value: unknown) => ({ value }) } }
  return {
    ...facet,
    cursor: anything,
    async *pages(_client, input, { cursor, maxRecords = 100 }) {
      const records = listOf(`${name}.read`, source, input)
      for (let from = Number(cursor ?? 0); from < records.length; from += maxRecords) {
        const until = Math.min(records.length, from + maxRecords)
        yield { records: records.slice(from, until), cursor: until, last: until === records.length }
      }
    },
  }
}

/** Delivers each event once, and again when it is given back, then waits to be stopped. */
function fakeListen(name: string, facet: AnyListen, source: FakeStream['listen']): AnyListen {
  return {
    ...facet,
    async subscribe(_client, input, { deliver, ready, signal }) {
      ready()
      const pending = listOf(`${name}.listen`, source, input).map((event, index) => ({
        event,
        id: String(index),
        redelivered: false,
      }))
      for (let next = pending.shift(); next !== undefined && !signal.aborted; next = pending.shift()) {
        const { event, id, redelivered } = next
        await deliver({
          id,
          redelivered,
          event,
          ack: () => undefined,
          nack: () => void pending.push({ event, id, redelivered: true }),
          deadLetter: () => undefined,
        })
      }
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    },
  }
}

function fakeWrite(name: string, facet: AnyWrite, fake: FakeStream['write']): AnyWrite {
  return {
    ...facet,
    async write(_client, records, input) {
      await (fake ?? missing(`${name}.write`))(records as never, input as never)
    },
  }
}
