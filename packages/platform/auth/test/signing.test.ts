import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { SignatureV4 } from '@smithy/signature-v4'
import { Redactor, Secret } from '@casare/core'
import {
  createHttpClient,
  type Authorizer,
  type HttpContext,
  type HttpRequest,
  type OutgoingRequest,
} from '@casare/http'
import { awsSignatureAuthorizer, hmacAuthorizer } from '@casare/auth'

const seen: { request: IncomingMessage; body: string }[] = []
let server: Server
let origin: string
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push({ request, body })
    response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const redactor = new Redactor()
const context: HttpContext = {
  signal: new AbortController().signal,
  effect: 'read',
  redactor,
  fileRoots: [],
  note: () => undefined,
}

async function send(authorizer: Authorizer, request: Omit<HttpRequest<'json'>, 'expect'>) {
  const client = createHttpClient({ baseUrl: origin, authorizer, redactor })
  try {
    await client.request({ ...request, expect: 'json' }, context)
  } finally {
    await client.close()
  }
  const last = seen.at(-1)
  if (last === undefined) throw new Error('nothing was sent')
  return last
}

const keys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'),
}
const at = new Date('2015-08-30T12:36:00Z')

describe('AWS Signature Version 4', () => {
  const signed = async (request: Partial<OutgoingRequest>, service = 'service', session?: string) => {
    const full: OutgoingRequest = {
      method: 'GET',
      origin: 'https://example.amazonaws.com',
      path: '/',
      headers: {},
      ...request,
    }
    const credentials = session === undefined ? keys : { ...keys, sessionToken: new Secret(session) }
    await awsSignatureAuthorizer({ credentials, region: 'us-east-1', service, now: () => at }).apply(full, context)
    return full.headers
  }

  test('the example of its own test suite', async () => {
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-test-suite.html, get-vanilla
    expect((await signed({}))['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    )
  })

  test.each([
    ['a path with a space and an umlaut', { path: '/a%20b/%C3%BC' }, 'execute-api'],
    ['the same for S3, which encodes it once', { path: '/a%20b/%C3%BC' }, 's3'],
    ['a query, unsorted, repeated, empty', { path: '/?b=2&a=1&b=1&c&d=%20%2B%C3%A4' }, 'execute-api'],
    ['header fields', { headers: { 'x-more': '  a   b ', accept: 'text/plain', 'content-type': 'text/plain' } }, 'es'],
    ['a body', { method: 'POST', body: { bytes: '{"a":"ü"}' } }, 'execute-api'],
    ['bytes', { method: 'PUT', body: { bytes: Buffer.from([0, 1, 255]) } }, 's3'],
  ] as [string, Partial<OutgoingRequest>, string][])(
    'as the vendor’s own library signs it: %s',
    async (_name, request, service) => {
      for (const session of [undefined, 'session-token-1']) {
        const headers = await signed({ ...request, headers: { ...request.headers } }, service, session)
        const signer = new SignatureV4({
          credentials: {
            accessKeyId: keys.accessKeyId,
            secretAccessKey: keys.secretAccessKey.reveal(),
            ...(session === undefined ? {} : { sessionToken: session }),
          },
          region: 'us-east-1',
          service,
          sha256: class {
            readonly #hash
            constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
              this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as never)
            }
            update(data: never) {
              this.#hash.update(data)
            }
            digest() {
              return Promise.resolve(new Uint8Array(this.#hash.digest()))
            }
          },
          uriEscapePath: service !== 's3',
          applyChecksum: service === 's3',
        })
        const url = new URL(`https://example.amazonaws.com${request.path ?? '/'}`)
        const query: Record<string, string[]> = {}
        for (const [name, value] of url.searchParams) (query[name] ??= []).push(value)
        const theirs = await signer.sign(
          {
            method: request.method ?? 'GET',
            protocol: 'https:',
            hostname: url.hostname,
            path: url.pathname,
            query,
            headers: { host: url.host, ...request.headers },
            body: request.body?.bytes,
          },
          { signingDate: at },
        )
        expect(headers['authorization']).toBe(theirs.headers['authorization'])
      }
    },
  )

  test('a stream: unsigned for S3 by https, refused elsewhere', async () => {
    const body = { bytes: undefined }
    expect((await signed({ body }, 's3'))['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD')
    await expect(signed({ body })).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(signed({ body, origin: 'http://127.0.0.1' }, 's3')).rejects.toMatchObject({ code: 'invalid_input' })
  })

  test('over the wire, with credentials of the moment, known to the redactor', async () => {
    const authorizer = awsSignatureAuthorizer({
      credentials: () => Promise.resolve(keys),
      region: 'us-east-1',
      service: 'es',
    })
    const { request, body } = await send(authorizer, { method: 'POST', path: '/a', json: { a: 1 } })
    expect(request.headers.authorization).toMatch(
      /SignedHeaders=accept;content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
    expect(body).toBe('{"a":1}')
    expect(redactor.text(keys.secretAccessKey.reveal())).toBe('[secret]')
    for (const bad of [{ region: 'a b' }, { service: '' }])
      expect(() => awsSignatureAuthorizer({ credentials: keys, region: 'r', service: 's', ...bad })).toThrow(
        /region and service/,
      )
  })
})

describe('HMAC', () => {
  const key = new Secret('key-of-the-hmac')

  test('the usual form: method, path, time and the hash of the body', async () => {
    for (const json of [undefined, { a: 'ü' }]) {
      const { request, body } = await send(hmacAuthorizer({ key }), {
        method: json === undefined ? 'GET' : 'POST',
        path: '/a?b=c',
        ...(json === undefined ? {} : { json }),
      })
      const timestamp = String(request.headers['x-timestamp'])
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(60)
      const hash = createHash('sha256').update(body).digest('hex')
      const content = `${request.method}\n/a?b=c\n${timestamp}\n${hash}`
      expect(request.headers['x-signature']).toBe(createHmac('sha256', 'key-of-the-hmac').update(content).digest('hex'))
    }
  })

  test('a vendor’s form', async () => {
    const authorizer = hmacAuthorizer({
      key,
      algorithm: 'sha512',
      encoding: 'base64',
      content: ({ host, body }) => `${host}|${String(body)}`,
      headers: (signature) => ({ Authorization: `HMAC ${signature}` }),
    })
    const { request } = await send(authorizer, { method: 'POST', path: '/', body: { text: 'x' } })
    const expected = createHmac('sha512', 'key-of-the-hmac')
      .update(`${new URL(origin).host}|x`)
      .digest('base64')
    expect(request.headers.authorization).toBe(`HMAC ${expected}`)
  })

  test('a stream, and a header field that is none, are refused', async () => {
    async function* stream(): AsyncIterable<Uint8Array> {
      yield Buffer.from('x')
    }
    await expect(send(hmacAuthorizer({ key }), { method: 'POST', path: '/', body: stream })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    for (const headers of [() => ({ 'a b': 'x' }), () => ({ a: 'x\r\nset-cookie: y' })])
      await expect(send(hmacAuthorizer({ key, headers }), { path: '/' })).rejects.toMatchObject({
        code: 'invalid_input',
      })
  })
})
