import type { StoreLimits } from '@casare/object-store'

/** Of everything that is sent to a session but its last bytes. */
export const granule = 256 * 1024

const tebibyte = 1024 ** 4

/** https://cloud.google.com/storage/quotas#objects; parts are ours, a session has none. */
export const limits: StoreLimits = {
  maxObjectBytes: 5 * tebibyte,
  maxPutBytes: 5 * tebibyte,
  part: { minBytes: granule, maxBytes: 5 * 1024 ** 3, maxCount: 50_000, multipleOf: granule, inOrder: true },
  // Each is a request of its own; so many are under way at once as there are connections.
  maxDeleteKeys: 256,
}
