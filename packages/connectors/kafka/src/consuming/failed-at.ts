import { invalidInput, isError } from '@casare/core'

const brand = Symbol.for('casare.kafka.failedAt')

class BatchFailure extends Error {
  readonly [brand]: number

  constructor(index: number, cause: unknown) {
    super(isError(cause) ? cause.message : String(cause), { cause })
    this.name = 'BatchFailure'
    this[brand] = index
  }
}

/**
 * What a handler of batches throws where it got only so far: records before `index` are handled and committed, and the one
 * there failed. It comes again, with what follows it; where the error is a `ConnectorError` that is not retryable, it is put
 * aside as a record that can never be handled.
 * @param index of the record in `records`, from 0
 * @throws `invalid_input` where the index is none.
 */
export function failedAt(index: number, error: unknown): Error {
  if (!Number.isSafeInteger(index) || index < 0)
    throw invalidInput('failedAt: the index must be a whole number from 0.', error)
  return new BatchFailure(index, error)
}

/** Where a handler says that it failed, and why; `undefined` where it does not say. */
export function failureOf(error: unknown): { readonly index: number; readonly cause: unknown } | undefined {
  if (!isError(error) || !(brand in error)) return undefined
  const { [brand]: index, cause } = error as BatchFailure
  return { index, cause }
}
