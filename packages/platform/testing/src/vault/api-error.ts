/** An answer that is an error, in Vault's shape: `{ "errors": [...] }` (https://developer.hashicorp.com/vault/api-docs#error-response). */
export class ApiError extends Error {
  readonly status: number
  readonly errors: readonly string[]

  constructor(status: number, ...errors: readonly string[]) {
    super(errors.join('; '))
    this.status = status
    this.errors = errors
  }
}

/** Errors that Vault gathers before it answers: one text with a count and a list. */
export function gathered(status: number, ...errors: readonly string[]): ApiError {
  const count = errors.length === 1 ? '1 error occurred' : `${errors.length} errors occurred`
  return new ApiError(status, `${count}:\n${errors.map((error) => `\t* ${error}\n`).join('')}\n`)
}

export const permissionDenied = (): ApiError => gathered(403, 'permission denied')
export const unsupportedOperation = (): ApiError => gathered(405, 'unsupported operation')
export const unsupportedPath = (): ApiError => gathered(404, 'unsupported path')
/** Nothing there: a 404 without a word. */
export const nothing = (): ApiError => new ApiError(404)
export const invalid = (error: string): ApiError => new ApiError(400, error)
