import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

/** One request as it came. */
export interface SeenRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What to answer. */
export interface ScriptedAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Answers after this time, in milliseconds. */
  readonly afterMs?: number
  /** Never answers. */
  readonly silent?: boolean
}

/** A server on loopback that answers by a script; ends with its scope. */
export async function scriptedServer(
  script: (request: SeenRequest, index: number) => ScriptedAnswer,
  tls?: ServerOptions,
): Promise<{ url: string; requests: SeenRequest[] } & AsyncDisposable> {
  const requests: SeenRequest[] = []
  const answer: RequestListener = (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = { path: incoming.url ?? '', headers: incoming.headers, body: Buffer.concat(chunks).toString() }
      requests.push(request)
      const {
        status = 200,
        headers = {},
        body = '{}',
        silent = false,
        afterMs = 0,
      } = script(request, requests.length - 1)
      if (!silent) setTimeout(() => outgoing.writeHead(status, headers).end(body), afterMs)
    })
  }
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
