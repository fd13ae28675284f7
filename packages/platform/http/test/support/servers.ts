import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Redactor, type ConnectorError } from '@casare/core'
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpContext } from '../../src/index.ts'

const closers: (() => Promise<unknown>)[] = []

/** For `afterEach`: ends every client and server of a test. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

export function onClose(close: () => Promise<unknown>): void {
  closers.push(close)
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An HTTP server on loopback; gives its origin. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer((request, response) => void answer(request, response))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://${await listening(server)}`
}

/** A TCP server on loopback, for answers that no HTTP server would give. */
export async function serveRaw(onRequest: (socket: Socket, head: string) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let head = ''
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1')
      if (head.includes('\r\n\r\n')) {
        onRequest(socket, head)
        head = ''
      }
    })
  })
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://${await listening(server)}`
}

export const redactor = new Redactor()

export function clientFor(baseUrl: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  const client = createHttpClient({ baseUrl, redactor, ...options })
  closers.push(() => client.close())
  return client
}

export function contextWith(facts: Partial<HttpContext> = {}): HttpContext {
  return { signal: new AbortController().signal, effect: 'unsafe', redactor, fileRoots: [], note() {}, ...facts }
}

/** The error that a promise ends with; fails the test where it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<ConnectorError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error as ConnectorError
  throw new Error(`expected a failure, got ${JSON.stringify(outcome.value)?.slice(0, 200)}`)
}
