import { ConnectorError, type ErrorFacts } from '@casare/core'
import { retry, type FailureFacts } from '@casare/resilience'

const maxAttempts = 4

/**
 * Repeats one request of a longer call, as a part of an upload, where its failure is transient: the call itself could only
 * begin again. The request must be one that does no harm when it is repeated.
 */
export function repeating(
  toError: (error: unknown) => ErrorFacts | undefined,
): <T>(request: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  const policy = retry({ maxAttempts, repeatable: true, classify: (error) => failureFacts(explained(error, toError)) })
  return (request, signal) => policy.execute(request, signal)
}

/** The error as facts: what it carries itself, what the driver says of it, else an unknown defect. */
export function explained(error: unknown, toError: (error: unknown) => ErrorFacts | undefined): ConnectorError {
  if (ConnectorError.is(error)) return error
  return new ConnectorError(
    toError(error) ?? { code: 'internal', message: `An object store's client failed: ${String(error)}`, cause: error },
  )
}

function failureFacts({ transient, applied, overload, retryAfterMs }: ConnectorError): FailureFacts {
  return { retryable: transient, applied, overload, retryAfterMs }
}
