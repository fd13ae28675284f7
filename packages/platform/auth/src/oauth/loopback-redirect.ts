import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectorError } from '@casare/core'

/** A place on this machine that the browser comes back to (RFC 8252, 7.3). */
export interface LoopbackRedirect extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/callback`. */
  readonly redirectUri: string
  /** The address that the browser came to, with its query; the first one counts. */
  readonly callback: Promise<string>
  close(): Promise<void>
}

const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Casare Connect</title><body style="font:1.1em sans-serif;margin:4em"><p>${text}</p>`

/**
 * Listens on a free port of 127.0.0.1 for the end of a login, and for nothing else: other paths, other methods and other hosts
 * (a page that was made to resolve to this machine) are refused.
 * @param options.port default: any that is free. @param options.path default `/callback`.
 * @param options.timeoutMs how long it waits, default 300,000.
 */
export async function loopbackRedirect(
  options: { readonly port?: number; readonly path?: string; readonly timeoutMs?: number } = {},
): Promise<LoopbackRedirect> {
  const { port = 0, path = '/callback', timeoutMs = 300_000 } = options
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // Nobody has to wait for it.
  promise.catch(() => undefined)
  let redirectUri = ''
  const server = createServer((request, response) => {
    const url = URL.canParse(request.url ?? '', redirectUri) ? new URL(request.url ?? '', redirectUri) : undefined
    const ours = request.headers.host === new URL(redirectUri).host && url?.pathname === path
    const answers = url?.searchParams.has('code') === true || url?.searchParams.has('error') === true
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.setHeader('cache-control', 'no-store')
    response.setHeader('referrer-policy', 'no-referrer')
    response.setHeader('connection', 'close')
    if (url === undefined || request.method !== 'GET' || !ours || !answers) {
      response.statusCode = 404
      response.end(page('There is nothing here.'))
      return
    }
    response.end(page('You can close this window and go back to the program.'), () => resolve(url.href))
  })
  await listen(server, port)
  redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const timer = setTimeout(
    () =>
      reject(new ConnectorError({ code: 'timeout', applied: 'no', message: 'The browser did not come back in time.' })),
    timeoutMs,
  )
  const close = (): Promise<void> =>
    new Promise((done) => {
      clearTimeout(timer)
      reject(new ConnectorError({ code: 'cancelled', applied: 'no', message: 'The login was given up.' }))
      server.close(() => done())
      server.closeAllConnections()
    })
  return { redirectUri, callback: promise, close, [Symbol.asyncDispose]: close }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new ConnectorError({
          code: 'unavailable',
          applied: 'no',
          message: `Port ${port} of 127.0.0.1 cannot be used for the end of the login (${error.code ?? error.message}). Choose another one.`,
        }),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
}
