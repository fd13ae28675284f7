import type { TokenCredential } from '@azure/identity'
import type { Redactor } from '@casare/core'
import type { AzureCredentials } from './settings.ts'

type OfEntra = Extract<AzureCredentials, { kind: 'default' | 'clientSecret' | 'managedIdentity' | 'workloadIdentity' }>

/** A credential of Microsoft Entra; the SDK renews its tokens before they end. Its package is loaded here, at need. */
export async function tokenCredential(credentials: OfEntra, redactor: Redactor): Promise<TokenCredential> {
  const inner = await create(credentials)
  return {
    async getToken(scopes, options) {
      const token = await inner.getToken(scopes, options)
      if (token !== null) redactor.add(token.token)
      return token
    },
  }
}

async function create(credentials: OfEntra): Promise<TokenCredential> {
  const identity = await import('@azure/identity')
  const once = { retryOptions: { maxRetries: 0 } }
  const at = (authorityHost: string | undefined) => (authorityHost === undefined ? once : { ...once, authorityHost })
  switch (credentials.kind) {
    case 'default':
      return new identity.DefaultAzureCredential()
    case 'clientSecret': {
      const { tenantId, clientId, clientSecret, authorityHost } = credentials
      return new identity.ClientSecretCredential(tenantId, clientId, clientSecret.reveal(), at(authorityHost))
    }
    case 'managedIdentity':
      return credentials.clientId === undefined
        ? new identity.ManagedIdentityCredential(once)
        : new identity.ManagedIdentityCredential({ ...once, clientId: credentials.clientId })
    case 'workloadIdentity': {
      const { tenantId, clientId, tokenFile, authorityHost } = credentials
      return new identity.WorkloadIdentityCredential({
        ...at(authorityHost),
        ...(tenantId === undefined ? {} : { tenantId }),
        ...(clientId === undefined ? {} : { clientId }),
        ...(tokenFile === undefined ? {} : { tokenFilePath: tokenFile }),
      })
    }
  }
}
