import { ConnectorError, type ConnectorDescription } from '@casare/core'
import { resolveConnector } from '@casare/flow'
import { UsageError } from '../usage-error.ts'

/** A connector as plain data. @throws {UsageError} where it is not installed, with the nearest names. */
export async function describeConnector(name: string, folder: string): Promise<ConnectorDescription> {
  try {
    return await (await resolveConnector(name, folder)).describe()
  } catch (error) {
    throw ConnectorError.is(error) ? new UsageError(error.message, error) : error
  }
}
