import { createPublicKey, generateKeyPair } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { Access, type TokenOptions } from './access.ts'
import { ApiError, jsonOf, xmlOf } from './api-error.ts'
import { callOf, type Reply } from './call.ts'
import { Rewrites } from './rewrites.ts'
import { route, type Parts } from './routes.ts'
import { Store } from './store.ts'
import { chosen } from './partial-response.ts'
import { Uploads } from './uploads.ts'

const defaultMaxBytes = 512 * 1024 * 1024

/** A request as `intercept` sees it. */
export interface SeenRequest {
  readonly method: string
  /** Still encoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/**
 * What goes wrong with a request: an answer in place of the right one; a connection that breaks after so many bytes of its body; a connection that breaks before anything is done, or
 * after all is done; a byte of the request's or the answer's that is damaged on its way.
 */
export type StorageTrouble =
  | { readonly status: number; readonly reason?: string; readonly retryAfterSeconds?: number }
  | { readonly cutAfterBytes: number }
  | 'reset'
  | 'answer lost'
  | 'bytes damaged'

/** Settings of the simulator. */
export interface GoogleCloudStorageOptions {
  /** The most bytes that all objects and uploads may have together; they lie in memory. Default 512 MiB. */
  readonly maxBytes?: number | undefined
}

/** A Google Cloud Storage of one's own. */
export interface GoogleCloudStorage extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, for `apiEndpoint`. */
  readonly url: string
  readonly port: number
  readonly projectId: string
  /** The key file of a service account, as Google's console gives it; its `token_uri` is the simulator's. */
  readonly serviceAccount: {
    readonly type: 'service_account'
    readonly project_id: string
    readonly private_key_id: string
    readonly private_key: string
    readonly client_email: string
    readonly client_id: string
    readonly token_uri: string
  }
  /** What the token exchange of workload identity takes for a token of somebody else's. */
  readonly subjectToken: string
  /** Resumable uploads that are begun, and neither finished nor given up. */
  readonly openUploads: number
  /** Bytes held. */
  readonly heldBytes: number
  /** Called with each request; what it answers goes wrong with it. */
  intercept: ((request: SeenRequest) => StorageTrouble | undefined) | undefined
  /** An access token. */
  issueToken(options?: TokenOptions): string
  /** Ends all tokens: the next call with one is answered with 401. */
  revokeTokens(): void
  /** How long the tokens of `/token` live from now on, in milliseconds. Default: an hour. */
  setTokenLifetime(lifetimeMs: number): void
  /** Ends all uploads, as a week would. */
  expireUploads(): void
  /** How many bytes a call of `rewriteTo` copies from now on; more takes several calls. Default 1 GiB. */
  setRewriteBytes(bytesPerCall: number): void
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Starts a simulator of the JSON API of Google Cloud Storage on a free port of this machine, with state, checks and errors
 * as Google has them (https://cloud.google.com/storage/docs/json_api); Google's own client is its proof.
 * No ACLs, no notifications, no encryption keys, no soft delete, no transcoding; one project, one service account that may do everything.
 */
export async function googleCloudStorage({
  maxBytes = defaultMaxBytes,
}: GoogleCloudStorageOptions = {}): Promise<GoogleCloudStorage> {
  const projectId = 'casare-simulated'
  const clientEmail = `simulator@${projectId}.iam.gserviceaccount.com`
  const keys = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const subjectToken = 'token-of-somebody-else'
  const access = new Access(clientEmail, keys.publicKey, subjectToken)
  const store = new Store(maxBytes)
  const uploads = new Uploads(store)
  const rewrites = new Rewrites(store)
  const publicKey = createPublicKey(keys.publicKey)
  const parts: Parts = { store, access, uploads, rewrites, maxBytes, clientEmail, publicKey }

  const server = createServer((request, response) => {
    const url = `http://127.0.0.1:${port}`
    void answer(request, response, url, parts, simulator.intercept).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  const simulator: GoogleCloudStorage = {
    url,
    port,
    projectId,
    serviceAccount: {
      type: 'service_account',
      project_id: projectId,
      private_key_id: 'simulated',
      private_key: keys.privateKey,
      client_email: clientEmail,
      client_id: '100000000000000000000',
      token_uri: `${url}/token`,
    },
    subjectToken,
    intercept: undefined,
    get openUploads() {
      return uploads.open
    },
    get heldBytes() {
      return store.budget.held
    },
    issueToken: (options) => access.issue(options),
    revokeTokens: () => access.revokeAll(),
    setTokenLifetime(lifetimeMs) {
      access.lifetimeMs = lifetimeMs
    },
    expireUploads: () => uploads.expireAll(),
    setRewriteBytes(bytesPerCall) {
      rewrites.bytesPerCall = bytesPerCall
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    [Symbol.asyncDispose]: () => simulator.close(),
  }
  return simulator
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  parts: Parts,
  intercept: GoogleCloudStorage['intercept'],
): Promise<void> {
  // A connection that is cut ends the reading of the body; nobody else has to hear of it.
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  const speaksXml = !/^\/(?:upload\/|download\/)?(?:storage\/v1|token)(?:\/|\?|$)/.test(request.url ?? '')
  let trouble: StorageTrouble | undefined
  let reply: Reply
  try {
    const call = callOf(request, origin)
    const { method, rawPath: path, query, headers } = call
    trouble = intercept?.({ method, path, query, headers })
    if (trouble === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    if (typeof trouble === 'object' && 'status' in trouble) {
      const { status, reason = status === 429 ? 'rateLimitExceeded' : 'backendError', retryAfterSeconds } = trouble
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
      reply = {
        ...errorReply(new ApiError(status, reason, `The simulator was told so: ${reason}`), speaksXml),
        headers,
      }
    } else {
      reply = chosen(await route({ ...call, body: bodyWith(trouble, call.body) }, parts), query.get('fields'))
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    reply = errorReply(error, speaksXml)
  }
  if (trouble === 'answer lost') request.socket.resetAndDestroy()
  else await send(request, response, trouble === 'bytes damaged' ? damaged(reply) : reply)
}

function errorReply(error: ApiError, speaksXml: boolean): Reply {
  const { status } = error
  if (status === 304) return { status }
  if (!speaksXml) return { status, json: jsonOf(error) }
  return { status, headers: { 'content-type': 'application/xml' }, chunks: [Buffer.from(xmlOf(error))] }
}

async function send(request: IncomingMessage, response: ServerResponse, reply: Reply): Promise<void> {
  const { status, headers = {}, json, chunks } = reply
  const body = json === undefined ? chunks : [Buffer.from(JSON.stringify(json))]
  const length = body?.reduce((sum, chunk) => sum + chunk.byteLength, 0) ?? 0
  const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }
  const withLength = status === 204 || status === 304 ? {} : { 'content-length': String(length) }
  response.writeHead(status, { ...withLength, ...type, ...headers })
  if (body === undefined || request.method === 'HEAD') response.end()
  else await pipeline(Readable.from(body), response)
}

/** One byte of the answer is another one. */
function damaged(reply: Reply): Reply {
  const [chunk, ...rest] = reply.chunks ?? []
  return chunk === undefined ? reply : { ...reply, chunks: [flipped(chunk), ...rest] }
}

function bodyWith(trouble: StorageTrouble | undefined, body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (trouble === 'bytes damaged') return damagedBody(body)
  return typeof trouble === 'object' && 'cutAfterBytes' in trouble ? cutBody(body, trouble.cutAfterBytes) : body
}

async function* cutBody(body: AsyncIterable<Uint8Array>, most: number): AsyncIterable<Uint8Array> {
  let left = most
  for await (const chunk of body) {
    yield chunk.subarray(0, left)
    left -= Math.min(left, chunk.byteLength)
    if (left === 0) throw new Error('The connection is cut.')
  }
}

/** One byte of the request is another one. */
async function* damagedBody(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let done = false
  for await (const chunk of body) {
    yield done ? chunk : flipped(chunk)
    done = true
  }
}

function flipped(chunk: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(chunk)
  const at = copy.byteLength >>> 1
  if (copy.byteLength > 0) copy[at] = (copy[at] ?? 0) ^ 0xff
  return copy
}
