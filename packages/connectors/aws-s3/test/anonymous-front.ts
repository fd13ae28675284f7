import { createServer, request as requestTo, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Stands before a store and takes the signature off every request, so that the store refuses it for lack of rights. The
 * list of buckets it refuses itself: Ceph shows strangers an empty one, where AWS says AccessDenied.
 */
export async function anonymousFront(url: string): Promise<{ readonly endpoint: string; close(): Promise<void> }> {
  const { hostname, port } = new URL(url)
  const server: Server = createServer((incoming, outgoing) => {
    if (incoming.url?.startsWith('/?') === true || incoming.url === '/') {
      incoming.resume()
      outgoing.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>')
      return
    }
    const { authorization: _signature, ...headers } = incoming.headers
    const { method, url: path } = incoming
    const onward = requestTo({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
