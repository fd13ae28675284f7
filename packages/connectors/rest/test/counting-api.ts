import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Target } from '@casare/testing'

/** An API that counts what was done to each resource. */
export interface CountingApi extends Target {
  readonly created: Map<string, number>
  readonly stored: Set<string>
}

/** POST and PATCH add, PUT stores, DELETE removes and answers 404 the second time. */
export async function countingApi(): Promise<CountingApi> {
  const created = new Map<string, number>()
  const stored = new Set<string>()
  const server = createServer((request, response) => {
    const id = (request.url ?? '').slice(1)
    request.resume()
    // A request that never arrives whole is not carried out.
    request.on('end', () => {
      if (!request.complete) return
      let status = 200
      if (request.method === 'PUT') stored.add(id)
      else if (request.method === 'DELETE') status = stored.delete(id) ? 200 : 404
      else created.set(id, (created.get(id) ?? 0) + 1)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ id }))
    })
    request.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  return {
    created,
    stored,
    address,
    config: { baseUrl: `http://127.0.0.1:${address.port}` },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
