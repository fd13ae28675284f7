import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from './api-error.ts'

/** Who may call. */
export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

interface Signed {
  readonly method: string
  /** As it came: path and query, encoded. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

const maxSkewMs = 300_000
const pattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/lambda\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/**
 * Looks at the signature of a request (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 * @throws ApiError 403, as Lambda says it
 */
export function checkSignature({ method, url, headers, body }: Signed, region: string, identity: Identity): void {
  const { authorization } = headers
  if (authorization === undefined) throw refused('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, keyId, day, signedRegion, names = '', signature = ''] = pattern.exec(authorization) ?? []
  if (keyId === undefined) throw refused('IncompleteSignatureException', 'The header Authorization cannot be read.')
  if (keyId !== identity.accessKeyId)
    throw refused('UnrecognizedClientException', 'The security token included in the request is invalid.')
  const date = String(headers['x-amz-date'])
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(Date.now() - at) <= maxSkewMs) || !date.startsWith(day ?? ''))
    throw refused('InvalidSignatureException', `Signature expired: ${date} is not within 5 minutes of now.`)
  const signed = names.split(';')
  const needed = ['host', 'x-amz-date']
  if (signedRegion !== region || needed.some((name) => !signed.includes(name))) throw mismatch()
  const payloadHash = createHash('sha256').update(body).digest('hex')
  const given = headers['x-amz-content-sha256']
  if (given !== undefined && given !== payloadHash) throw mismatch()
  const [path = '', query = ''] = url.split('?')
  const canonical = [
    method,
    // Each segment is encoded once more than it came.
    path.split('/').map(encodeURIComponent).join('/'),
    [
      ...query
        .split('&')
        .filter((part) => part !== '')
        .map((part) => (part.includes('=') ? part : `${part}=`)),
    ]
      .sort()
      .join('&'),
    ...signed.map(
      (name) =>
        `${name}:${String(headers[name] ?? '')
          .trim()
          .replaceAll(/ +/g, ' ')}`,
    ),
    '',
    names,
    payloadHash,
  ].join('\n')
  const scope = `${day}/${region}/lambda/aws4_request`
  const hash = createHash('sha256').update(canonical).digest('hex')
  const key = [day ?? '', region, 'lambda', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${identity.secretAccessKey}`,
  )
  const expected = createHmac('sha256', key).update(`AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash}`).digest()
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) throw mismatch()
}

function refused(type: string, message: string): ApiError {
  return new ApiError(403, type, message)
}

function mismatch(): ApiError {
  return refused(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided.',
  )
}
