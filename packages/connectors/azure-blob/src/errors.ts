import { azureErrorFacts, type AzureErrorTable } from '@casare/azure'
import type { ErrorFacts } from '@casare/core'

/** https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
const own: AzureErrorTable = {
  // The answer to "only where no object is there".
  BlobAlreadyExists: ['conflict', 'no', false],
  BlobArchived: ['conflict', 'no', false, 'It is in the archive tier: copy or set its tier first.'],
  BlobNotFound: ['not_found', 'no', false],
  CannotVerifyCopySource: ['not_found', 'no', false, 'The source of the copy is not there, or may not be read.'],
  ContainerAlreadyExists: ['already_exists', 'no', false],
  ContainerBeingDeleted: ['conflict', 'no', true, 'Its name is free again after half a minute.'],
  ContainerNotFound: ['not_found', 'no', false],
  InvalidBlockList: ['conflict', 'no', false, 'Parts are missing: they were given up, or committed by somebody else.'],
  InvalidRange: ['invalid_input', 'no', false],
  LeaseIdMissing: ['conflict', 'no', false, 'Somebody holds a lease on it.'],
  LeaseAlreadyPresent: ['conflict', 'no', false, 'Somebody holds a lease on it.'],
  Md5Mismatch: ['unavailable', 'no', true, 'The bytes were damaged on the way.'],
  PendingCopyOperation: ['conflict', 'no', true, 'A copy onto it is under way.'],
  SourceConditionNotMet: ['conflict', 'no', false],
  TargetConditionNotMet: ['conflict', 'no', false],
}

/** A failure of the SDK as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  return azureErrorFacts(error, 'Azure Blob Storage', own)
}
