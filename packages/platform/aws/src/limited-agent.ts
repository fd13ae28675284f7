import { Agent, type AgentOptions } from 'node:http'
import { Agent as TlsAgent, type AgentOptions as TlsAgentOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { connectTimeoutCode } from './connect-timeout.ts'

/**
 * Agents whose connections have to be made within `connectMs`. The SDK's own limit begins with the request: it takes a call
 * that waits for a free connection for one that reaches nobody.
 */
export function limitedAgents(connectMs: number, options: AgentOptions, encryption: TlsAgentOptions) {
  const limit = <S extends Duplex | null | undefined>(socket: S, connected: string): S => {
    if (socket === null || socket === undefined) return socket
    const timer = setTimeout(() => {
      const error = new Error(`no connection within ${connectMs} ms`)
      socket.destroy(Object.assign(error, { code: connectTimeoutCode }))
    }, connectMs)
    const settled = (): void => clearTimeout(timer)
    socket.once(connected, settled).once('close', settled)
    return socket
  }
  class LimitedAgent extends Agent {
    override createConnection(...given: Parameters<Agent['createConnection']>) {
      return limit(super.createConnection(...given), 'connect')
    }
  }
  class LimitedTlsAgent extends TlsAgent {
    override createConnection(...given: Parameters<TlsAgent['createConnection']>) {
      return limit(super.createConnection(...given), 'secureConnect')
    }
  }
  return { httpAgent: new LimitedAgent(options), httpsAgent: new LimitedTlsAgent({ ...options, ...encryption }) }
}
