import type { StoreLimits } from '@casare/object-store'

const mebibyte = 1024 * 1024

/** https://learn.microsoft.com/azure/storage/blobs/scalability-targets#scale-targets-for-blob-storage */
export const limits: StoreLimits = {
  maxObjectBytes: 50_000 * 4_000 * mebibyte,
  maxPutBytes: 5_000 * mebibyte,
  part: { minBytes: 1, maxBytes: 4_000 * mebibyte, maxCount: 50_000 },
  // Each is a request of its own; so many are under way at once as there are connections.
  maxDeleteKeys: 256,
}
