import { Secret, type CallContext } from '@casare/core'
import type { AzureBlobClient } from '../azure-blob-client.ts'
import { blobAt, type SignRequest } from './objects.ts'

/**
 * A URL with a shared access signature: by the account's key, else by a key of Microsoft Entra, which needs the right
 * "Storage Blob Delegator" (https://learn.microsoft.com/rest/api/storageservices/create-user-delegation-sas).
 */
export async function signedUrl(
  client: AzureBlobClient,
  request: SignRequest,
  { signal }: CallContext,
): Promise<Secret> {
  const { bucket, key, method, expiresMs, contentDisposition } = request
  const { BlobSASPermissions, SASProtocol, generateBlobSASQueryParameters } = await import('@azure/storage-blob')
  const blob = blobAt(client, bucket, key)
  const expiresOn = new Date(Date.now() + expiresMs)
  const values = {
    // Writing includes creating; reading nothing else.
    permissions: BlobSASPermissions.parse(method === 'GET' ? 'r' : 'cw'),
    expiresOn,
    ...(new URL(blob.url).protocol === 'https:' ? { protocol: SASProtocol.Https } : {}),
    ...(method === 'GET' && contentDisposition !== undefined ? { contentDisposition } : {}),
  }
  if (client.hasAccountKey) return new Secret(await blob.generateSasUrl(values))
  const { sdk } = client
  const startsOn = new Date(Date.now() - 300_000)
  const userKey = await sdk.getUserDelegationKey(startsOn, expiresOn, { abortSignal: signal })
  const named = { ...values, containerName: bucket, blobName: key }
  const signature = generateBlobSASQueryParameters(named, userKey, sdk.accountName).toString()
  return new Secret(`${blob.url}?${signature}`)
}
