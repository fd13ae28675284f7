import { isConnector, type AnyConnector, type ConnectorDescription } from '@casare/core'

/** Any connector, whatever it adopts: suites drive it through its description. */
export interface TestedConnector {
  (config: never): object
  readonly connectorName: string
  describe(): ConnectorDescription
}

/** @throws Error for anything that `defineConnector` did not make. */
export function asConnector(connector: TestedConnector): AnyConnector {
  if (!isConnector(connector)) throw new Error('This is no connector: make it with defineConnector.')
  return connector
}
