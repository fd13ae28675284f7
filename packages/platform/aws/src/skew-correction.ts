import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types'

/**
 * In place of the SDK's retries: nothing is repeated, but for the one request that was refused because this machine's
 * clock is wrong. By then the SDK has learnt the difference from the answer, and signs with the right time.
 */
export function skewCorrection(): RetryStrategyV2 {
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(used: RetryToken, { error }: RetryErrorInfo) {
      if (used.getRetryCount() === 0 && isSkewCorrected(error)) return token(1)
      throw error as Error
    },
    recordSuccess() {},
  }
}

const refusals = new Set([400, 401, 403])

/** Was the request refused with a time that has been corrected since? */
export function isSkewCorrected(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { clockSkewCorrected?: true; httpStatusCode?: number } }
  return $metadata?.clockSkewCorrected === true && refusals.has($metadata.httpStatusCode ?? 0)
}

function token(count: number): RetryToken {
  return { getRetryCount: () => count, getRetryDelay: () => 0 }
}
