import { ConnectorError } from '@casare/core'

/** A record that a step cannot handle: it goes to the dead letters, with the step's name. */
export function stepError(step: string, message: string, cause?: unknown): ConnectorError {
  return new ConnectorError({ code: 'invalid_input', message: `${step}: ${message}`, cause }, { operation: step })
}
