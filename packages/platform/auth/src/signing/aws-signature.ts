import { createHash, createHmac } from 'node:crypto'
import type { Secret } from '@casare/core'
import { invalidInput } from '@casare/core'
import type { Authorizer, OutgoingRequest } from '@casare/http'

/** Credentials of an account or a role. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken?: Secret | undefined
}

/** What a request is signed for. */
export interface AwsSignatureOptions {
  /** The keys, or a function that gives those of the moment (temporary ones expire). */
  readonly credentials: AwsKeys | (() => AwsKeys | Promise<AwsKeys>)
  /** For example `eu-central-1`. */
  readonly region: string
  /** For example `execute-api`, `es`, `s3`. */
  readonly service: string
  /** The time of signing, for tests. Default: now. */
  readonly now?: (() => Date) | undefined
}

const emptyHash = sha256('')
/** Set or changed on the way by proxies, or by undici behind the authorizer. */
const unsigned = new Set([
  'user-agent',
  'accept-encoding',
  'connection',
  'expect',
  'transfer-encoding',
  'content-length',
])

/**
 * Signs each request with AWS Signature Version 4, for services that are called as plain HTTP
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 * @throws `invalid_input` from a call whose body is a stream, except for S3, where it is left unsigned.
 */
export function awsSignatureAuthorizer(options: AwsSignatureOptions): Authorizer {
  const { credentials, region, service } = options
  if (!/^[a-z0-9-]{1,64}$/.test(region) || !/^[a-z0-9-]{1,64}$/.test(service))
    throw invalidInput('region and service are names such as eu-central-1 and execute-api.')
  return {
    async apply(request, { redactor }) {
      const keys = typeof credentials === 'function' ? await credentials() : credentials
      for (const secret of [keys.secretAccessKey, keys.sessionToken]) if (secret !== undefined) redactor.add(secret)
      sign(request, keys, region, service, options.now?.() ?? new Date())
    },
  }
}

function sign(request: OutgoingRequest, keys: AwsKeys, region: string, service: string, now: Date): void {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = timestamp.slice(0, 8)
  const payload = payloadHash(request, service)
  const { headers } = request
  headers['x-amz-date'] = timestamp
  if (service === 's3') headers['x-amz-content-sha256'] = payload
  if (keys.sessionToken !== undefined) headers['x-amz-security-token'] = keys.sessionToken.reveal()
  const signed: Record<string, string> = { host: new URL(request.origin).host }
  for (const [name, value] of Object.entries(headers))
    if (!unsigned.has(name)) signed[name] = value.trim().replace(/ +/g, ' ')
  const names = Object.keys(signed).sort()
  const [path = '', query = ''] = split(request.path)
  const canonical = [
    request.method,
    canonicalPath(path, service),
    canonicalQuery(query),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    payload,
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
    (previous, part) => hmac(previous, part),
    Buffer.from(`AWS4${keys.secretAccessKey.reveal()}`),
  )
  headers['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${hmac(key, text).toString('hex')}`
}

function payloadHash({ body, origin }: OutgoingRequest, service: string): string {
  if (body === undefined) return emptyHash
  if (body.bytes !== undefined) return sha256(body.bytes)
  if (service === 's3' && origin.startsWith('https:')) return 'UNSIGNED-PAYLOAD'
  throw invalidInput('A body that is a stream cannot be signed. Pass bytes or a text.')
}

function split(target: string): [path: string, query: string] {
  const at = target.indexOf('?')
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

/** Encoded once more than it is sent, but for S3, which takes it as it is sent. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path
  return path
    .split('/')
    .map((segment) => encode(segment))
    .join('/')
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=')
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
      return `${encode(decode(name))}=${encode(decode(value))}`
    })
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalidInput('The query is not percent-encoded UTF-8.')
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
