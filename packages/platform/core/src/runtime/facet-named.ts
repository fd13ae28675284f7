import type { AnyStream } from '../contract/stream.ts'
import { ConnectorError } from '../errors/connector-error.ts'
import { nearest } from './nearest.ts'
import type { Runtime } from './runtime.ts'

/** @throws `unsupported` where the stream or the facet is not there. */
export function facetNamed<K extends 'read' | 'listen' | 'write'>(
  runtime: Runtime,
  name: string,
  kind: K,
): NonNullable<AnyStream[K]> {
  const streams = runtime.spec.streams ?? {}
  const found = Object.hasOwn(streams, name) ? streams[name] : undefined
  if (found === undefined)
    throw new ConnectorError({
      code: 'unsupported',
      message: `${runtime.spec.name} has no stream "${name}".${nearest(name, Object.keys(streams))}`,
    })
  const facet = found[kind]
  if (facet === undefined || facet === null)
    throw new ConnectorError({
      code: 'unsupported',
      message: `The stream ${name} of ${runtime.spec.name} cannot ${kind}.`,
    })
  return facet
}
