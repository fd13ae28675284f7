import { once } from 'node:events'
import { connect, createServer as createPlainServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, TLSSocket, type SecureVersion } from 'node:tls'
import type { Address } from '../faults/fault-proxy.ts'
import type { Certificate } from './create-certificate.ts'

/** A TLS server in front of a plaintext one. */
export interface TlsFront extends Address {
  /** Bytes that arrived inside of TLS: none may, where the certificate is not to be trusted. */
  received(): number
  close(): Promise<void>
}

/**
 * What is said in plain text before TLS begins, where a protocol has it negotiated: reads and writes on both sockets, and
 * leaves the client's first byte of TLS unread. Bytes that the server is not to see are kept from it.
 */
export type NegotiateTls = (client: Socket, server: Socket) => Promise<TlsTranslation | void>

/** What has to be changed on the way inside of TLS, where the server does not know of the negotiation. */
export interface TlsTranslation {
  readonly toServer: Duplex
  readonly toClient: Duplex
}

/** Starts one on `localhost` with this certificate. */
export async function tlsFront(
  target: Address,
  certificate: Certificate,
  versions: { readonly minVersion?: SecureVersion; readonly maxVersion?: SecureVersion } = {},
  negotiate: NegotiateTls | undefined = undefined,
): Promise<TlsFront> {
  let received = 0
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const relay = (client: Socket, upstream: Socket, translation: TlsTranslation | void = undefined): void => {
    client.on('data', (chunk: Buffer) => (received += chunk.length))
    if (translation === undefined) client.pipe(upstream).pipe(client)
    else {
      client.pipe(translation.toServer).pipe(upstream)
      upstream.pipe(translation.toClient).pipe(client)
    }
    for (const socket of [client, upstream]) {
      keep(socket)
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
  }
  const context = {
    ...certificate,
    ...versions,
    // Versions before 1.2 need what OpenSSL otherwise refuses.
    ...(versions.maxVersion === undefined ? {} : { ciphers: 'DEFAULT@SECLEVEL=0' }),
  }
  const secure = createServer(context, (client) => relay(client, connect({ ...target })))
  secure.on('tlsClientError', () => undefined)
  secure.on('connection', keep)
  const server =
    negotiate === undefined
      ? secure
      : createPlainServer((client) => {
          const upstream = connect({ ...target })
          keep(client)
          keep(upstream)
          void negotiate(client, upstream).then(
            (translation) => {
              const encrypted = new TLSSocket(client, { isServer: true, ...context })
              relay(encrypted, upstream, translation)
            },
            () => {
              client.destroy()
              upstream.destroy()
            },
          )
        })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    host: 'localhost',
    port: (server.address() as AddressInfo).port,
    received: () => received,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
