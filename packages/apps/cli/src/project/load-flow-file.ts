import { resolve } from 'node:path'
import { ConnectorError } from '@casare/core'
import { loadFlow, type Flow } from '@casare/flow'
import { UsageError } from '../usage-error.ts'

/** Reads a flow named on the command line. @throws {UsageError} where it cannot be read, or is wrong. */
export async function loadFlowFile(folder: string, file: string): Promise<Flow> {
  try {
    return await loadFlow(resolve(folder, file))
  } catch (error) {
    throw ConnectorError.is(error) ? new UsageError(error.message, error) : error
  }
}
