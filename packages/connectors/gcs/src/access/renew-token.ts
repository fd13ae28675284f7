import type { GoogleAuth } from 'google-auth-library'

/**
 * Lets a token end that the service does not take any more, so that the next request gets another; an access token that
 * was given stays what it is.
 */
export async function renewToken(auth: GoogleAuth): Promise<boolean> {
  const client = await auth.getClient()
  const { credentials } = client
  // An exchange has nothing to show for it, but can be made again.
  const renewable = credentials.refresh_token !== undefined || 'getServiceAccountEmail' in client
  if (!renewable) return false
  client.setCredentials({ ...credentials, expiry_date: 1 })
  return true
}
