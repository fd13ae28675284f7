import type { Message as Received } from '@aws-sdk/client-sqs'

/** Where a payload lies. */
export interface Pointer {
  readonly bucket: string
  readonly key: string
}

/** The attribute that tells the bytes of the payload; a message that has it carries a pointer. */
export const sizeAttribute = 'ExtendedPayloadSize'
/** Its name of old. */
const oldSizeAttribute = 'SQSLargePayloadSize'
const className = 'software.amazon.payloadoffloading.PayloadS3Pointer'

/**
 * The body of a message whose payload lies in S3, as Amazon's SQS Extended Client Library writes and reads it
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-managing-large-messages.html).
 */
export function pointerText({ bucket, key }: Pointer): string {
  return JSON.stringify([className, { s3BucketName: bucket, s3Key: key }])
}

/** Is it an attribute of the pointer, and not of the message? */
export function isPointerAttribute(name: string): boolean {
  return name === sizeAttribute || name === oldSizeAttribute
}

/** The pointer that a message carries; `undefined` where it carries its payload itself. */
export function pointerOf({ Body = '', MessageAttributes = {} }: Received): Pointer | undefined {
  if (!Object.keys(MessageAttributes).some(isPointerAttribute)) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(Body)
  } catch {
    return undefined
  }
  // Libraries write the name of a class of their own language first.
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'string' || !parsed[0].endsWith('S3Pointer')) return undefined
  const { s3BucketName: bucket, s3Key: key } = (parsed[1] ?? {}) as Record<string, unknown>
  return typeof bucket === 'string' && typeof key === 'string' ? { bucket, key } : undefined
}
