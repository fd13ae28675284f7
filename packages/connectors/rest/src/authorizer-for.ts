import { invalidInput, type OpenContext } from '@casare/core'
import { createAuthorizer, type Authorizer } from '@casare/http'
import type { ParsedConfig } from './config.ts'

/** An authorizer, and how what it owns is ended. */
export type OwnedAuthorizer = Authorizer & { readonly close?: (() => Promise<void>) | undefined }

/** The authorizer of a connection; OAuth is loaded where it is asked for. */
export async function authorizerFor(
  auth: ParsedConfig['auth'],
  { tls, timeouts, egress, redactor, event }: OpenContext,
): Promise<OwnedAuthorizer | undefined> {
  if (auth.kind === 'custom') {
    // The program's own: what it holds open is not ours to close.
    const { authorizer } = auth
    return {
      apply: (request, context) => authorizer.apply(request, context),
      onUnauthorized: (context, refused) => authorizer.onUnauthorized?.(context, refused) ?? Promise.resolve(false),
    }
  }
  if (auth.kind !== 'oauth2_client_credentials' && auth.kind !== 'oauth2_jwt_bearer')
    return createAuthorizer(auth, redactor)
  const { oauthAuthorizer } = await import('@casare/auth')
  const shared = { tls, timeouts, egress, redactor, scope: auth.scope, event }
  if (auth.kind === 'oauth2_jwt_bearer') {
    const { tokenUrl, issuer, subject, audience, key, keyId, scope } = auth
    return oauthAuthorizer({
      ...shared,
      kind: auth.kind,
      clientId: issuer,
      endpoints: { token: tokenUrl },
      assertion: { issuer, subject, audience, key, keyId, ...(scope === undefined ? {} : { claims: { scope } }) },
    })
  }
  const { issuer, tokenUrl, clientId, clientSecret, clientAuthentication, audience, resource } = auth
  if ((issuer === undefined) === (tokenUrl === undefined))
    throw invalidInput('rest config: auth takes one of issuer and tokenUrl.')
  return oauthAuthorizer({
    ...shared,
    kind: auth.kind,
    ...(issuer === undefined ? { endpoints: { token: tokenUrl ?? '' } } : { issuer }),
    clientId,
    authentication: { kind: clientAuthentication, secret: clientSecret },
    audience,
    resource,
  })
}
