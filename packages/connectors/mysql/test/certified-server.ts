import { createAuthority, createCertificate } from '@casare/testing'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

const requestBytes = 36

/** A server that offers TLS with a certificate of these names, and waits for a login. */
export interface CertifiedServer {
  readonly port: number
  /** Its authority, as PEM. */
  readonly ca: string
  /** How many bytes it was told under the certificate. */
  heard(): number
  close(): Promise<void>
}

export async function certifiedServer(names: readonly string[]): Promise<CertifiedServer> {
  const authority = createAuthority('MySQL test authority')
  const { cert, key } = createCertificate(authority, { names })
  const sockets = new Set<Socket>()
  let heard = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    const greeting = greetingWithTls()
    socket.write(Buffer.concat([Buffer.of(greeting.length, 0, 0, 0), greeting]))
    socket.once('readable', () => {
      // The request for TLS: a login that ends before the name. What follows it is TLS already.
      socket.read(requestBytes)
      const secure = new TLSSocket(socket, { isServer: true, cert, key })
      secure.on('error', () => undefined)
      secure.on('data', (bytes: Buffer) => (heard += bytes.length))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    ca: authority.cert,
    heard: () => heard,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** HandshakeV10 with every capability but compression. */
function greetingWithTls(): Buffer {
  const scramble = Buffer.alloc(20, 'a')
  return Buffer.concat([
    Buffer.of(10),
    Buffer.from('10.11.0-certified\0'),
    Buffer.of(1, 0, 0, 0),
    scramble.subarray(0, 8),
    Buffer.of(0, 0xdf, 0xff, 45, 2, 0, 0x0f, 0, 21),
    Buffer.alloc(10),
    scramble.subarray(8),
    Buffer.from('\0mysql_native_password\0'),
  ])
}
