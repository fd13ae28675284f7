import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError } from './api-error.ts'
import { Functions, type Handler, type Invocation, type SimulatedFunction } from './functions.ts'
import { route } from './routes.ts'
import { checkSignature, type Identity } from './signature.ts'

/** An AWS Lambda of one's own. */
export interface AwsLambda extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, for `endpoint`. */
  readonly url: string
  readonly port: number
  readonly region: string
  /** Who may call; signatures of others are refused. */
  readonly identity: Identity
  /** What has been begun, in its order. */
  readonly invocations: readonly Invocation[]
  /** Adds or replaces a function. */
  put(name: string, definition: SimulatedFunction | Handler): void
  delete(name: string): void
  /** Cuts every connection. */
  resetConnections(): void
  close(): Promise<void>
}

/** No request is larger; what may be larger is said by the routes. */
const maxRequestBytes = 16 * 1_048_576
export const region = 'us-east-1'

/**
 * Starts a simulator of AWS Lambda on a free port of this machine: `Invoke`, `InvokeWithResponseStream`, `GetFunction`,
 * `GetFunctionConfiguration` and `ListFunctions`, with signatures, sizes, throttles, logs and errors as Lambda has them.
 * Functions are functions of JavaScript, in this process.
 * @example
 * await using lambda = await awsLambda()
 * lambda.put('price', (event) => ({ event, price: 7 }))
 */
export async function awsLambda(): Promise<AwsLambda> {
  const functions = new Functions()
  const identity = { accessKeyId: 'AKIASIMULATOR0000001', secretAccessKey: `the secret of ${crypto.randomUUID()}` }
  const server = createServer((request, response) => {
    answer(functions, identity, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    region,
    identity,
    invocations: functions.invocations,
    put: (name, definition) =>
      functions.put(name, typeof definition === 'function' ? { handler: definition } : definition),
    delete: (name) => functions.delete(name),
    resetConnections: () => server.closeAllConnections(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function answer(
  functions: Functions,
  identity: Identity,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('x-amzn-requestid', crypto.randomUUID())
  try {
    const body = await bodyOf(request)
    const { method = 'GET', url = '/', headers } = request
    checkSignature({ method, url, headers, body }, region, identity)
    await route(functions, { method, url: new URL(url, 'http://lambda'), headers, body }, response)
  } catch (error) {
    if (response.headersSent || !(error instanceof ApiError)) throw error
    const { status, type, message, retryAfterSeconds } = error
    response.setHeader('x-amzn-errortype', type).setHeader('content-type', 'application/json')
    if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds)
    response.writeHead(status).end(JSON.stringify({ Type: status < 500 ? 'User' : 'Service', message }))
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length <= maxRequestBytes) chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
