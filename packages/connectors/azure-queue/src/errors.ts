import { azureErrorFacts, type AzureErrorTable } from '@casare/azure'
import type { ErrorFacts } from '@casare/core'

/** https://learn.microsoft.com/rest/api/storageservices/queue-service-error-codes */
const own: AzureErrorTable = {
  MessageNotFound: ['not_found', 'no', false, 'It was deleted, or is over.'],
  MessageTooLarge: ['invalid_input', 'no', false],
  PopReceiptMismatch: ['conflict', 'no', false, 'Its visibility timeout is over, and somebody else has it.'],
  QueueAlreadyExists: ['already_exists', 'no', false, 'It is there with other metadata.'],
  QueueBeingDeleted: ['conflict', 'no', true, 'Its name is free again after half a minute.'],
  QueueNotFound: ['not_found', 'no', false],
}

/** A failure of the SDK as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  return azureErrorFacts(error, 'Azure Queue Storage', own)
}
