import type { ConnectorDescription, OperationDescription, StreamDescription } from '../contract/description.ts'
import type { Effect } from '../contract/effect.ts'
import type { AnyOperation } from '../contract/operation.ts'
import type { AnyStream } from '../contract/stream.ts'
import type { AnySpec } from '../runtime/connection-config.ts'
import { toJsonSchema } from '../schemas/to-json-schema.ts'
import type { JsonSchema } from '../schemas/standard-schema.ts'
import { uniformProperties } from './uniform-schema.ts'

/** A connector as plain data. Loads no vendor SDK. */
export function describe(spec: AnySpec): ConnectorDescription {
  return {
    name: spec.name,
    title: spec.title,
    category: spec.category,
    contractVersion: 1,
    description: spec.description ?? `Connects to ${spec.title}.`,
    config: describeConfig(spec),
    operations: mapValues(spec.operations ?? {}, describeOperation),
    streams: mapValues(spec.streams ?? {}, describeStream),
    sessions: mapValues(spec.sessions ?? {}, (session) => ({
      description: session.description,
      input: toJsonSchema(session.input, 'input'),
    })),
    secretProvider: spec.secretProvider !== undefined,
  }
}

function describeConfig(spec: AnySpec): JsonSchema {
  const vendor = toJsonSchema(spec.config, 'input')
  const uniform = uniformProperties(spec.uses ?? [])
  const { properties, type } = vendor
  if (type === 'object' && typeof properties === 'object')
    return { ...vendor, properties: { ...properties, ...uniform } }
  return { ...vendor, $comment: 'Takes the uniform parts beside it.', uniform: { type: 'object', properties: uniform } }
}

function describeOperation(operation: AnyOperation): OperationDescription {
  return {
    description: operation.description,
    ...describeEffect(operation.effect as Effect | (() => Effect)),
    input: toJsonSchema(operation.input, 'input'),
    output: toJsonSchema(operation.output, 'output'),
    errors: operation.errors ?? [],
  }
}

/** What depends on the input is shown as its worst case. */
function describeEffect(effect: Effect | ((input: never) => Effect)): { effect: Effect; effectDepends: boolean } {
  return typeof effect === 'function' ? { effect: 'unsafe', effectDepends: true } : { effect, effectDepends: false }
}

function describeStream(stream: AnyStream): StreamDescription {
  const { description, read, listen, write } = stream
  return {
    description,
    ...(read && {
      read: {
        description: read.description ?? description,
        input: toJsonSchema(read.input, 'input'),
        record: toJsonSchema(read.record, 'output'),
        cursor: toJsonSchema(read.cursor, 'output'),
        identified: read.identify !== undefined,
        errors: read.errors ?? [],
      },
    }),
    ...(listen && {
      listen: {
        description: listen.description ?? description,
        input: toJsonSchema(listen.input, 'input'),
        event: toJsonSchema(listen.event, 'output'),
        errors: listen.errors ?? [],
      },
    }),
    ...(write && {
      write: {
        description: write.description ?? description,
        ...describeEffect(write.effect as Effect | (() => Effect)),
        input: toJsonSchema(write.input, 'input'),
        record: toJsonSchema(write.record, 'input'),
        atomic: write.atomic ?? false,
        errors: write.errors ?? [],
      },
    }),
  }
}

function mapValues<In, Out>(table: Readonly<Record<string, In>>, make: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, make(value)]))
}
