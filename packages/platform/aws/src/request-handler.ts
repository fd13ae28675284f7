import { assertTransport, tlsOptions, type OpenContext } from '@casare/core'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { ownError } from './own-error.ts'

/** What the connections of a client are made with. */
export type TransportContext = Pick<OpenContext, 'tls' | 'pool' | 'timeouts' | 'event'>

const defaultConnections = 50

/** The SDK's HTTP client with our limits; refuses to send anything unencrypted to another machine unless that is allowed. */
export async function requestHandler({ tls, pool, timeouts, event }: TransportContext): Promise<NodeHttpHandler> {
  const [{ NodeHttpHandler }, { limitedAgents }, encryption] = await Promise.all([
    import('@smithy/node-http-handler'),
    import('./limited-agent.ts'),
    tlsOptions(tls),
  ])
  const agent = {
    keepAlive: true,
    maxSockets: pool.max ?? defaultConnections,
    ...(pool.idleMs === undefined ? {} : { timeout: pool.idleMs }),
  }
  const seen = new Set<string>()
  class GuardedHandler extends NodeHttpHandler {
    override async handle(...[request, options]: Parameters<NodeHttpHandler['handle']>) {
      const origin = `${request.protocol}//${request.hostname}`
      if (!seen.has(origin)) {
        assertTransport({ host: request.hostname, secure: request.protocol === 'https:', tls, event })
        seen.add(origin)
      }
      try {
        return await super.handle(request, options)
      } catch (error) {
        throw ownError(error)
      }
    }
  }
  return new GuardedHandler({
    socketTimeout: timeouts.readMs,
    ...limitedAgents(timeouts.connectMs, agent, encryption),
    // It counts waiting requests and writes to the console; how many wait is the resilience layer's matter.
    socketAcquisitionWarningTimeout: 2_147_483_647,
  })
}
