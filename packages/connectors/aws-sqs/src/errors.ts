import { awsErrorFacts, type AwsErrorRow, type AwsErrorTable } from '@casare/aws'
import type { ErrorFacts } from '@casare/core'

const title = 'Amazon SQS'
const missing: AwsErrorRow = ['not_found', 'no', false]
const wrong: AwsErrorRow = ['invalid_input', 'no', false]

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and the pages of the actions. */
const own: AwsErrorTable = {
  'AWS.SimpleQueueService.NonExistentQueue': missing,
  'AWS.SimpleQueueService.PurgeQueueInProgress': ['conflict', 'no', true, 'A queue is purged once a minute at most.'],
  'AWS.SimpleQueueService.QueueDeletedRecently': ['conflict', 'no', true, 'Its name is free again after a minute.'],
  InvalidAddress: missing,
  InvalidMessageContents: wrong,
  MessageNotInflight: ['conflict', 'no', false, 'Its visibility timeout is over.'],
  OverLimit: ['rate_limited', 'no', true, 'Too many messages of the queue are being handled.'],
  PurgeQueueInProgress: ['conflict', 'no', true, 'A queue is purged once a minute at most.'],
  QueueAlreadyExists: ['already_exists', 'no', false, 'It is there with other attributes.'],
  QueueDeletedRecently: ['conflict', 'no', true, 'Its name is free again after a minute.'],
  QueueDoesNotExist: missing,
  QueueNameExists: ['already_exists', 'no', false, 'It is there with other attributes.'],
  ReceiptHandleIsInvalid: ['conflict', 'no', false],
  ResourceNotFound: missing,
  UnsupportedOperation: ['unsupported', 'no', false],
}

/** A failure of the SDK as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  return awsErrorFacts(error, title, own)
}

/** What SQS says of one entry of a batch, as the SDK would throw it. */
export interface EntryFailure {
  readonly Code?: string | undefined
  readonly Message?: string | undefined
  readonly SenderFault?: boolean | undefined
}

/** The failure of one entry of a batch as an error that `toError` knows. */
export function entryError({ Code = 'InternalError', Message, SenderFault }: EntryFailure): Error {
  return Object.assign(new Error(Message ?? 'the entry was refused'), {
    name: Code,
    $fault: SenderFault === true ? ('client' as const) : ('server' as const),
    $metadata: {},
  })
}
