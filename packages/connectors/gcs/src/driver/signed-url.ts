import { ConnectorError, invalidInput, isError, Secret, type CallContext } from '@casare/core'
import type { GcsClient } from '../gcs-client.ts'
import { checkedBucket, checkedKey } from './addresses.ts'
import type { SignRequest } from './writing.ts'

/**
 * A URL signed by the key of the service account, else by Google for it, which needs the right
 * `iam.serviceAccounts.signBlob` (https://cloud.google.com/storage/docs/access-control/signed-urls).
 */
export async function signedUrl(client: GcsClient, request: SignRequest, { signal }: CallContext): Promise<Secret> {
  const { bucket, key, method, expiresMs, contentType, contentDisposition } = request
  if (/(^|\/)\.\.?(\/|$)/.test(key))
    throw invalidInput(`A URL cannot name ${JSON.stringify(key)}: "." and ".." between slashes are resolved.`)
  signal.throwIfAborted()
  try {
    const [url] = await client.sdk
      .bucket(checkedBucket(bucket))
      .file(checkedKey(key))
      .getSignedUrl({
        version: 'v4',
        action: method === 'GET' ? 'read' : 'write',
        expires: Date.now() + expiresMs,
        ...(method === 'PUT' && contentType !== undefined ? { contentType } : {}),
        ...(method === 'GET' && contentDisposition !== undefined ? { responseDisposition: contentDisposition } : {}),
      })
    return new Secret(url)
  } catch (cause) {
    throw new ConnectorError({
      code: 'unsupported',
      message: `These credentials cannot sign a URL: it takes a key of a service account, or its right to sign (roles/iam.serviceAccountTokenCreator)${isError(cause) ? `; ${cause.message.split('\n')[0] ?? ''}` : ''}.`,
      cause,
    })
  }
}
