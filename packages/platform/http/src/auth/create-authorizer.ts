import { invalidInput, Secret, type Redactor, type SecretInput } from '@casare/core'
import { assertHeader } from '../assert-header.ts'
import type { Authorizer } from './authorizer.ts'

/** How a connection proves who it is. */
export type AuthConfig =
  | { readonly kind: 'none' }
  /** A key in a header (default `x-api-key`) or, with `in: 'query'`, in a query parameter (default `api_key`). */
  | {
      readonly kind: 'api_key'
      readonly key: SecretInput
      readonly in?: 'header' | 'query' | undefined
      readonly name?: string | undefined
    }
  /** RFC 7617, UTF-8. */
  | { readonly kind: 'basic'; readonly user: string; readonly password: SecretInput }
  /** RFC 6750. */
  | { readonly kind: 'bearer'; readonly token: SecretInput }

/**
 * The authorizer of a configuration; `undefined` for `none`.
 * @throws `invalid_input` for a header name that is none, or a user with a colon.
 */
export function createAuthorizer(auth: AuthConfig, redactor: Redactor): Authorizer | undefined {
  switch (auth.kind) {
    case 'none':
      return undefined
    case 'api_key':
      return auth.in === 'query'
        ? keyInQuery(auth.name ?? 'api_key', auth.key, redactor)
        : inHeader(auth.name ?? 'x-api-key', auth.key, redactor, (key) => key)
    case 'basic':
      return basic(auth.user, auth.password, redactor)
    case 'bearer':
      return inHeader('authorization', auth.token, redactor, (token) => `Bearer ${token}`)
  }
}

function basic(user: string, password: SecretInput, redactor: Redactor): Authorizer {
  if (user.includes(':')) throw invalidInput('auth.user must not contain a colon (RFC 7617).')
  return inHeader('authorization', password, redactor, (text) => {
    redactor.addBasic(user, text)
    return `Basic ${Buffer.from(`${user}:${text}`).toString('base64')}`
  })
}

function inHeader(name: string, secret: SecretInput, redactor: Redactor, value: (text: string) => string): Authorizer {
  const field = name.toLowerCase()
  assertHeader(field, '')
  const current = rotating(secret, redactor, (text) => {
    const result = value(text)
    assertHeader(field, result)
    return result
  })
  return {
    apply({ headers }) {
      headers[field] = current()
    },
  }
}

function keyInQuery(name: string, secret: SecretInput, redactor: Redactor): Authorizer {
  const current = rotating(secret, redactor, (text) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`)
  return {
    apply(request) {
      request.path += `${request.path.includes('?') ? '&' : '?'}${current()}`
    },
  }
}

/** A secret read from a file or a function may change: what is derived from it is made anew, and registered, when it does. */
function rotating(secret: SecretInput, redactor: Redactor, derive: (text: string) => string): () => string {
  let last: string | undefined
  let derived = ''
  return () => {
    const text = Secret.is(secret) ? secret.reveal() : secret
    if (text !== last) {
      redactor.add(text)
      derived = derive(text)
      last = text
    }
    return derived
  }
}
