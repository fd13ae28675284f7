import { awsErrorFacts, type AwsErrorRow, type AwsErrorTable } from '@casare/aws'
import type { ErrorFacts } from '@casare/core'

const wrong: AwsErrorRow = ['invalid_input', 'no', false]
/** The function could not be started: it has not run. */
const notStarted: AwsErrorRow = ['unavailable', 'no', false]
const notStartedYet: AwsErrorRow = ['unavailable', 'no', true]

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const own: AwsErrorTable = {
  EC2AccessDenied: ['permission_denied', 'no', false],
  EC2Unexpected: notStarted,
  EFSIO: ['unavailable', 'maybe', false],
  EFSMountConnectivity: notStarted,
  EFSMountFailure: notStarted,
  EFSMountTimeout: notStartedYet,
  ENILimitReached: notStarted,
  ENINotReady: notStartedYet,
  InvalidParameterValue: wrong,
  InvalidRequestContent: wrong,
  InvalidRuntime: notStarted,
  InvalidSecurityGroupID: notStarted,
  InvalidSubnetID: notStarted,
  InvalidZipFile: notStarted,
  KMSDisabled: notStarted,
  KMSInvalidState: notStarted,
  KMSNotFound: notStarted,
  RecursiveInvocation: ['conflict', 'no', false, 'Lambda has stopped a loop.'],
  RequestTooLarge: wrong,
  ResourceConflict: ['conflict', 'no', true],
  ResourceNotFound: ['not_found', 'no', false],
  ResourceNotReady: notStartedYet,
  SnapStart: notStarted,
  SnapStartNotReady: notStartedYet,
  SnapStartTimeout: notStartedYet,
  SubnetIPAddressLimitReached: notStarted,
  UnsupportedMediaType: wrong,
}

/** A failure of the SDK as facts; `undefined` for anything else. */
export function toError(error: unknown): ErrorFacts | undefined {
  return awsErrorFacts(error, 'AWS Lambda', own)
}
