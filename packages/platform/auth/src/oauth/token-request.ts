import { invalidInput } from '@casare/core'

/** What a token is asked for. */
export interface TokenRequest {
  /** Scopes, separated by spaces. */
  readonly scope?: string | undefined
  /** Where the token will be used (RFC 8707). */
  readonly resource?: string | undefined
  /** The same, as some servers want it. */
  readonly audience?: string | undefined
  /** Further parameters of the vendor's. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
}

/** Its parameters, as they are sent. */
export function parametersOf({ scope, resource, audience, parameters = {} }: TokenRequest): URLSearchParams {
  const result = new URLSearchParams(parameters)
  if (scope !== undefined) result.set('scope', scope)
  if (audience !== undefined) result.set('audience', audience)
  if (resource !== undefined) {
    if (!URL.canParse(resource)) throw invalidInput('resource must be an absolute URL.')
    result.set('resource', resource)
  }
  return result
}
