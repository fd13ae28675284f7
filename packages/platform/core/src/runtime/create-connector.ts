import type { AnyConnector } from '../contract/connector.ts'
import { describe } from '../describe/describe.ts'
import { readConfig, type AnySpec } from './connection-config.ts'
import { createConnection } from './create-connection.ts'
import { createRuntime } from './runtime.ts'
import { SecretHandles } from './secret-handles.ts'

const connectorBrand = Symbol.for('casare.connector')

/** The callable connector of a spec. */
export function createConnector(spec: AnySpec): AnyConnector {
  const connect = (config: unknown): unknown =>
    createConnection(createRuntime(spec, readConfig(spec, config ?? {}), new SecretHandles()))
  Object.defineProperties(connect, {
    [connectorBrand]: { value: spec.contractVersion },
    connectorName: { value: spec.name, enumerable: true },
    describe: { value: () => describe(spec) },
    spec: { value: spec },
  })
  return connect as unknown as AnyConnector
}

/** Is it a connector, of any copy of this package? */
export function isConnector(value: unknown): value is AnyConnector {
  return typeof value === 'function' && connectorBrand in value
}
