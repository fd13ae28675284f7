import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { Secret, type PoolConfig, type TlsConfig } from '@casare/core'
import type { Agent } from 'undici'

/** Settings of the connections. */
export interface AgentOptions {
  readonly tls: TlsConfig
  readonly pool: PoolConfig
  readonly connectMs: number
  readonly maxHeaderBytes: number
}

/** Loads undici, which costs about 65 ms, and makes the agent that owns the connections. */
export async function loadAgent(options: AgentOptions): Promise<Agent> {
  const { Agent } = await import('undici')
  const { tls, pool, connectMs, maxHeaderBytes } = options
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
      secureContext: secureContext(tls),
      ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    },
  })
}

function secureContext(tls: TlsConfig): SecureContext {
  const { ca, cert, key } = tls
  return createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...(typeof ca === 'string' ? [ca] : ca)] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
  })
}
