import { isError } from '@casare/core'

/**
 * The SDK knows an error by `instanceof`, and buries any other in the text of a new one. Inside Jest, errors of Node itself
 * are of another realm: they are made anew here, with what they tell.
 */
export function ownError(error: unknown): unknown {
  if (error instanceof Error || !isError(error)) return error
  return Object.assign(new Error(error.message, { cause: error }), error, { name: error.name })
}
