import { tlsOptions, type OpenContext } from '@casare/core'
import { Agent, type AgentOptions } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { Duplex } from 'node:stream'

const defaultConnections = 50

/** Codes of the time limits; `errors.ts` knows what they prove. */
export const timeLimitCodes = { connect: 'CASARE_CONNECT_TIMEOUT', read: 'CASARE_READ_TIMEOUT' } as const

/** The connections of a client, with our limits: `connectMs`, `readMs`, `pool`, `tls`. */
export async function createAgent(
  secure: boolean,
  { tls, pool, timeouts }: Pick<OpenContext, 'tls' | 'pool' | 'timeouts'>,
): Promise<Agent> {
  const { connectMs, readMs } = timeouts
  const options: AgentOptions = { keepAlive: true, maxSockets: pool.max ?? defaultConnections, timeout: readMs }
  const limit = <S extends Duplex | null | undefined>(socket: S, connected: string): S => {
    if (socket === null || socket === undefined) return socket
    const fail = (code: string, words: string): void => {
      socket.destroy(Object.assign(new Error(words), { code }))
    }
    const timer = setTimeout(() => fail(timeLimitCodes.connect, `no connection within ${connectMs} ms`), connectMs)
    const settled = (): void => clearTimeout(timer)
    socket.once(connected, settled).once('close', settled)
    socket.on('timeout', () => fail(timeLimitCodes.read, `no sign of life within ${readMs} ms`))
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
  return secure ? new LimitedTlsAgent({ ...options, ...(await tlsOptions(tls)) }) : new LimitedAgent(options)
}

/** Connections without limits of ours, for a client that the user owns. */
export function defaultAgent(secure: boolean): Agent {
  const options = { keepAlive: true, maxSockets: defaultConnections }
  return secure ? new TlsAgent(options) : new Agent(options)
}
