import type { ConnectionOptions } from 'node:tls'
import type { TlsConfig } from '../contract/uniform-config.ts'
import { Secret } from '../secrets/secret.ts'

/** The TLS settings of a connection as `node:tls` takes them: TLS 1.2 or later, verified, Node's own authorities beside those given. */
export async function tlsOptions(tls: TlsConfig): Promise<ConnectionOptions> {
  const { ca, cert, key, serverName } = tls
  return {
    minVersion: 'TLSv1.2',
    // Said here, NODE_TLS_REJECT_UNAUTHORIZED=0 of the environment has no say.
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca: await withDefaults(ca) }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key: Secret.is(key) ? key.reveal() : key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

async function withDefaults(ca: string | readonly string[]): Promise<string[]> {
  const { getCACertificates } = await import('node:tls')
  return [...getCACertificates('default'), ...(typeof ca === 'string' ? [ca] : ca)]
}
