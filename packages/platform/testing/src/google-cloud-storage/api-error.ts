/** What the simulator refuses, with the words of Google's JSON API. */
export class ApiError extends Error {
  readonly status: number
  readonly reason: string

  /** @param reason https://cloud.google.com/storage/docs/json_api/v1/status-codes */
  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export const invalid = (message: string): ApiError => new ApiError(400, 'invalid', message)
export const notFound = (message: string): ApiError => new ApiError(404, 'notFound', message)
export const noBucket = (): ApiError => notFound('The specified bucket does not exist.')
export const noObject = (bucket: string, name: string): ApiError => notFound(`No such object: ${bucket}/${name}`)
export const conditionNotMet = (): ApiError =>
  new ApiError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.')

/** The error body of the JSON API. */
export function jsonOf({ status: code, reason, message }: ApiError): object {
  return { error: { code, message, errors: [{ message, domain: 'global', reason }] } }
}

/** Codes of the XML API, which signed URLs speak (https://cloud.google.com/storage/docs/xml-api/reference-status). */
const xmlCodes: Readonly<Record<string, string>> = {
  authError: 'AuthenticationRequired',
  conditionNotMet: 'PreconditionFailed',
  insufficientPermissions: 'AccessDenied',
  invalid: 'InvalidArgument',
  requestedRangeNotSatisfiable: 'InvalidRange',
  required: 'AuthenticationRequired',
}

/** The error body of the XML API. */
export function xmlOf({ reason, message, status }: ApiError): string {
  const missing = message.includes('bucket') ? 'NoSuchBucket' : 'NoSuchKey'
  const code = reason === 'notFound' ? missing : (xmlCodes[reason] ?? `Status${status}`)
  const text = message.replace(/[<>&]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${text}</Message></Error>`
}
