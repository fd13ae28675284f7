import { awsErrorFacts, type AwsErrorRow, type AwsErrorTable } from '@casare/aws'
import type { ErrorFacts } from '@casare/core'

const missing: AwsErrorRow = ['not_found', 'no', false]
const refused: AwsErrorRow = ['conflict', 'no', false]
const wrong: AwsErrorRow = ['invalid_input', 'no', false]
const region: AwsErrorRow = ['invalid_input', 'no', false, 'The bucket is in another region: set region.']

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const own: AwsErrorTable = {
  AuthorizationHeaderMalformed: region,
  BadDigest: ['unavailable', 'no', true, 'The bytes were damaged on the way.'],
  BucketAlreadyExists: ['already_exists', 'no', false, 'The name is taken, maybe by somebody else.'],
  BucketAlreadyOwnedByYou: ['already_exists', 'no', false],
  BucketNotEmpty: ['conflict', 'no', false, 'Delete its objects and unfinished uploads first.'],
  ConditionalRequestConflict: ['conflict', 'no', true],
  EntityTooLarge: wrong,
  EntityTooSmall: ['invalid_input', 'no', false, 'Every part but the last has at least 5 MiB.'],
  IllegalLocationConstraintException: region,
  InvalidBucketName: wrong,
  InvalidObjectState: ['conflict', 'no', false, 'It is in an archive class: restore it first.'],
  InvalidPart: ['conflict', 'no', false, 'Parts are missing, or were replaced.'],
  InvalidPartOrder: wrong,
  InvalidRange: wrong,
  MethodNotAllowed: ['conflict', 'no', false],
  NoSuchBucket: missing,
  NoSuchKey: missing,
  NoSuchUpload: missing,
  NoSuchVersion: missing,
  NotFound: missing,
  OperationAborted: ['conflict', 'no', true],
  PermanentRedirect: region,
  PreconditionFailed: refused,
}

/** A failure of the SDK as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  return awsErrorFacts(error, 'Amazon S3', own)
}

/** Is it this error of S3's? */
export function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof Object && 'name' in error && names.includes(String(error.name))
}
