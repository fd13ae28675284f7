import { createHash, createVerify, type KeyObject } from 'node:crypto'
import { ApiError } from './api-error.ts'
import { headerOf, type Call } from './call.ts'

/**
 * Checks a V4 signature in the query (https://cloud.google.com/storage/docs/authentication/signatures).
 * @throws ApiError 400 where it is over or malformed, 403 where it is not the account's
 */
export function checkSignature(call: Call, clientEmail: string, publicKey: KeyObject): void {
  const { method, rawPath, query } = call
  const field = (name: string): string => {
    const value = query.get(`X-Goog-${name}`)
    if (value === null) throw new ApiError(400, 'invalid', `The signed URL lacks X-Goog-${name}.`)
    return value
  }
  if (field('Algorithm') !== 'GOOG4-RSA-SHA256')
    throw new ApiError(400, 'invalid', 'The only algorithm here is GOOG4-RSA-SHA256.')
  const date = field('Date')
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date) ?? []
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const expires = Number(field('Expires'))
  if (Number.isNaN(signedAt) || !(expires >= 1 && expires <= 604_800))
    throw new ApiError(400, 'invalid', 'X-Goog-Date or X-Goog-Expires is malformed, or longer than seven days.')
  if (Date.now() > signedAt + expires * 1_000) throw new ApiError(400, 'invalid', 'The signed URL has expired.')
  const scope = `${date.slice(0, 8)}/auto/storage/goog4_request`
  if (field('Credential') !== `${clientEmail}/${scope}`)
    throw new ApiError(403, 'insufficientPermissions', 'The credential of the signed URL is not known.')

  const names = field('SignedHeaders').split(';')
  if (!names.includes('host')) throw new ApiError(400, 'invalid', 'The header "host" must be signed.')
  const signature = Buffer.from(field('Signature'), 'hex')
  const valid = hostsOf(call).some((host) => {
    const headers = names.map((name) => `${name}:${canonical(name === 'host' ? host : headerOf(call, name))}\n`)
    const payload = headerOf(call, 'x-goog-content-sha256') ?? 'UNSIGNED-PAYLOAD'
    const request = [method, rawPath, canonicalQuery(query), headers.join(''), names.join(';'), payload].join('\n')
    const hash = createHash('sha256').update(request).digest('hex')
    const text = ['GOOG4-RSA-SHA256', date, scope, hash].join('\n')
    return createVerify('RSA-SHA256').update(text).verify(publicKey, signature)
  })
  if (!valid)
    throw new ApiError(
      403,
      'insufficientPermissions',
      'The request signature we calculated does not match the signature you provided.',
    )
}

/** Google's own client signs the host without its port: Google has none. */
function hostsOf(call: Call): readonly string[] {
  const host = headerOf(call, 'host') ?? ''
  return [host, host.replace(/:\d+$/, '')]
}

function canonical(value = ''): string {
  return value.trim().replace(/\s+/g, ' ')
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => [encoded(name), encoded(value)] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
