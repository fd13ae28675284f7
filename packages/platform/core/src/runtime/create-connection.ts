import type { CallOptions } from '../contract/call.ts'
import type { AnyConnector } from '../contract/connector.ts'
import type { Escape, ScopedEscape } from '../contract/connection.ts'
import type { AnyOperation } from '../contract/operation.ts'
import type { AnySession } from '../contract/session.ts'
import type { AnyStream } from '../contract/stream.ts'
import { describe } from '../describe/describe.ts'
import { ConnectorError, invalidInput } from '../errors/connector-error.ts'
import { decode } from '../json/decode.ts'
import { encode } from '../json/encode.ts'
import { runCall } from './call.ts'
import { executeJson, executeOperation } from './execute.ts'
import { listenStream } from './listen.ts'
import { facetNamed } from './facet-named.ts'
import { readJson, readStream } from './read.ts'
import { runSession } from './run-session.ts'
import type { Runtime } from './runtime.ts'
import { writeStream } from './write.ts'

const connectionBrand = Symbol.for('casare.connection')
const drainMs = 30_000

type Facade = Record<string | symbol, unknown>

/** Builds what the user holds: typed methods, nouns, sessions, `$` and `close`. */
export function createConnection(runtime: Runtime): object {
  const connection = createMethods(runtime, true)
  for (const [name, session] of Object.entries(runtime.spec.sessions ?? {}))
    connection[name] = sessionMethod(runtime, name, session)
  const close = (): Promise<void> => runtime.holder.close(drainMs)
  define(connection, '$', createEscape(runtime))
  define(connection, 'close', close)
  define(connection, Symbol.asyncDispose, close)
  define(connection, connectionBrand, runtime.spec)
  return addFacade(runtime, connection)
}

/** Is it a connection, of any copy of this package? */
export function isConnection(value: unknown): boolean {
  return typeof value === 'object' && value !== null && connectionBrand in value
}

/**
 * The definition behind a connection, for faces that need more than its methods (a flow asks how records are identified).
 * @throws `invalid_input` for anything that is not a connection.
 */
export function specOf(connection: unknown): AnyConnector['spec'] {
  if (!isConnection(connection)) throw invalidInput('This is not a connection.')
  return (connection as Record<symbol, AnyConnector['spec']>)[connectionBrand] as AnyConnector['spec']
}

function createScope(runtime: Runtime): object {
  const scope = createMethods(runtime, false)
  define(scope, '$', createScopedEscape(runtime))
  return addFacade(runtime, scope)
}

function addFacade(runtime: Runtime, target: Facade): Facade {
  const methods: unknown = runtime.spec.methods?.(target as never)
  if (typeof methods === 'object' && methods !== null)
    for (const [name, method] of Object.entries(methods)) target[name] = method
  return target
}

function createMethods(runtime: Runtime, listening: boolean): Facade {
  const target: Facade = {}
  for (const [name, operation] of Object.entries(runtime.spec.operations ?? {}))
    target[name] = operationMethod(runtime, name, operation)
  for (const [name, stream] of Object.entries(runtime.spec.streams ?? {}))
    target[name] = streamMethods(runtime, name, stream, listening)
  return target
}

function operationMethod(runtime: Runtime, name: string, operation: AnyOperation) {
  return (input?: unknown, options?: CallOptions<unknown>): Promise<unknown> =>
    executeOperation(runtime, name, operation, input, options)
}

function streamMethods(runtime: Runtime, name: string, { read, listen, write }: AnyStream, listening: boolean): Facade {
  const methods: Facade = {}
  if (read) methods['read'] = (input: unknown, options?: object) => readStream(runtime, name, read, input, options)
  if (listen && listening)
    methods['listen'] = (input: unknown, handler: never, options?: object) =>
      listenStream(runtime, name, listen, input, handler, options)
  if (write)
    methods['write'] = (records: never, input: unknown, options?: object) =>
      writeStream(runtime, name, write, records, input, options)
  return methods
}

function sessionMethod(runtime: Runtime, name: string, session: AnySession) {
  return (work: unknown, input?: unknown, options?: CallOptions): Promise<unknown> => {
    if (typeof work !== 'function') throw invalidInput(`${name} takes a function that does the work of the session.`)
    return runSession(runtime, name, session, createScope, work as never, input, options)
  }
}

function createScopedEscape(runtime: Runtime): ScopedEscape<unknown> {
  return {
    client: () => runtime.source.get(),
    run(work, options) {
      const { effect } = options
      return runCall(runtime, { name: '$.run', effect, options, run: work })
    },
    execute: (name, input, options) => executeJson(runtime, name, input, options),
  }
}

function createEscape(runtime: Runtime): Escape<unknown> {
  return {
    ...createScopedEscape(runtime),
    read: async (name, input, options = {}) =>
      readJson(runtime, name, facetNamed(runtime, name, 'read'), input, options),
    listen: (name, input, handler, options) =>
      listenStream(
        runtime,
        name,
        facetNamed(runtime, name, 'listen'),
        decode(input, runtime.handles),
        async (event, delivery) => {
          const json = await encode(event, {
            handles: runtime.handles,
            revealSecrets: false,
            spool: runtime.config.uniform.files?.spool,
          })
          return handler(json, { ...delivery, event: json })
        },
        options,
      ),
    async write(name, records, input, options) {
      const facet = facetNamed(runtime, name, 'write')
      return writeStream(runtime, name, facet, decoded(records, runtime), decode(input, runtime.handles), options)
    },
    check: async (options = {}) => {
      const { check } = runtime.spec
      await runCall(runtime, {
        name: '$.check',
        effect: 'read',
        options,
        run: async (client, context) => check?.(client, context),
      })
    },
    open: async () => {
      await runCall(runtime, { name: '$.open', effect: 'read', options: {}, run: () => undefined })
    },
    describe: () => describe(runtime.spec),
    state: () => runtime.policies?.state(),
  }
}

async function* decoded(records: Iterable<unknown> | AsyncIterable<unknown>, runtime: Runtime): AsyncIterable<unknown> {
  if (typeof records !== 'object' || records === null)
    throw new ConnectorError({ code: 'invalid_input', message: 'Records must be a list or a stream.' })
  for await (const record of records) yield decode(record, runtime.handles)
}

/** Not enumerable: printing a connection shows its operations, and nothing of its inside. */
function define(target: Facade, key: string | symbol, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: false })
}
