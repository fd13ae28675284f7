import type { SecureContext } from 'node:tls'
import { Secret, type EgressGuard, type PoolConfig, type TlsConfig } from '@casare/core'
import type { Agent } from 'undici'

/** Settings of the connections. */
export interface AgentOptions {
  readonly tls: TlsConfig
  readonly pool: PoolConfig
  readonly connectMs: number
  readonly maxHeaderBytes: number
  /** Looks at every address that is connected to. */
  readonly egress?: EgressGuard | undefined
}

/** Loads undici, which costs about 65 ms, and TLS, and makes the agent that owns the connections. */
export async function loadAgent(options: AgentOptions): Promise<Agent> {
  const [{ Agent }, secureContext] = await Promise.all([import('undici'), createContext(options.tls)])
  const { tls, pool, connectMs, maxHeaderBytes, egress } = options
  return new Agent({
    allowH2: false,
    connections: pool.max ?? 100,
    pipelining: 1,
    maxHeaderSize: maxHeaderBytes,
    keepAliveTimeout: pool.idleMs ?? 4_000,
    ...(pool.idleMs === undefined ? {} : { keepAliveMaxTimeout: pool.idleMs }),
    ...(pool.maxLifetimeMs === undefined ? {} : { clientTtl: pool.maxLifetimeMs }),
    connect: {
      timeout: connectMs,
      // Said here, NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no say.
      rejectUnauthorized: true,
      secureContext,
      ...(egress === undefined ? {} : { lookup: egress.lookup }),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  })
}

async function createContext(tls: TlsConfig): Promise<SecureContext> {
  const { createSecureContext, getCACertificates } = await import('node:tls')
  const { ca, cert, key } = tls
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...(typeof ca === 'string' ? [ca] : ca)] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
  })
}
