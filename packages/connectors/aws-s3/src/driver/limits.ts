import type { StoreLimits } from '@casare/object-store'

const mebibyte = 1024 * 1024
export const maxRequestBytes = 5 * 1024 * mebibyte
const maxParts = 10_000

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html; other stores may allow less. */
export const limits: StoreLimits = {
  maxObjectBytes: maxParts * maxRequestBytes,
  maxPutBytes: maxRequestBytes,
  part: { minBytes: 5 * mebibyte, maxBytes: maxRequestBytes, maxCount: maxParts },
  maxDeleteKeys: 1_000,
}
