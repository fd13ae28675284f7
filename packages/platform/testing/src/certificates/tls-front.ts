import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createServer, type SecureVersion } from 'node:tls'
import type { Address } from '../faults/fault-proxy.ts'
import type { Certificate } from './create-certificate.ts'

/** A TLS server in front of a plaintext one. */
export interface TlsFront extends Address {
  /** Bytes that arrived inside of TLS: none may, where the certificate is not to be trusted. */
  received(): number
  close(): Promise<void>
}

/** Starts one on `localhost` with this certificate. */
export async function tlsFront(
  target: Address,
  certificate: Certificate,
  versions: { readonly minVersion?: SecureVersion; readonly maxVersion?: SecureVersion } = {},
): Promise<TlsFront> {
  let received = 0
  const sockets = new Set<Socket>()
  const server = createServer(
    {
      ...certificate,
      ...versions,
      // Versions before 1.2 need what OpenSSL otherwise refuses.
      ...(versions.maxVersion === undefined ? {} : { ciphers: 'DEFAULT@SECLEVEL=0' }),
    },
    (client) => {
      const upstream = connect({ ...target })
      client.on('data', (chunk: Buffer) => (received += chunk.length))
      client.pipe(upstream).pipe(client)
      for (const socket of [client, upstream]) {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          client.destroy()
          upstream.destroy()
          sockets.delete(socket)
        })
      }
    },
  )
  server.on('tlsClientError', () => undefined)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
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
